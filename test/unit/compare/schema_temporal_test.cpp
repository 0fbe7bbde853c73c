// schema.temporal_type and schema.temporal_default.

#include "compare/schema/temporal.hpp"
#include "unit/compare/literal_world.hpp"

namespace pgcontract::compare {
namespace {

constexpr Text kInstant = "timestamp with time zone";
constexpr Text kLocal = "timestamp without time zone";

TEST(PlainType, DropsPrecisionAndBrackets) {
  EXPECT_EQ(plain_type("timestamp(3) without time zone[]"), kLocal);
  EXPECT_EQ(plain_type("timestamptz"), kInstant);
  EXPECT_EQ(plain_type("timestamp"), kLocal);
  EXPECT_EQ(plain_type("\"odd(1)\".clock"), "\"odd(1)\".clock");
}

TEST(TemporalType, LetsDaysDurationsAndInstantsBe) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_a");
  for (Text type : {kInstant, Text("timestamp(3) with time zone"), Text("date"), Text("interval"), Text("daterange"),
                    Text("tstzrange"), Text("text"), Text("timestamp with time zone[]")})
    world.column("c", type);
  EXPECT_EQ(world.said("schema.temporal_type"), Lines{"holds"});
  EXPECT_EQ(world.judged("schema.temporal_type").reason, "4 temporal columns");
}

TEST(TemporalType, FindsLocalTimeInDomainsArraysAndRanges) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_a");
  world.column("a", "timestamp(3) without time zone", "", kLocal);
  world.column("b", "stratmaster_api.clock", "", kLocal);
  world.column("c", "timestamp without time zone[]", "", kLocal);
  world.column("d", "tsrange");
  world.column("e", "time without time zone");
  world.column("f", "time(0) with time zone");
  EXPECT_EQ(
      world.said("schema.temporal_type"),
      (Lines{"broken",
             "stratmaster_api.research_a.a: has type timestamp(3) without time zone, the contract asks for "
             "timestamptz",
             "stratmaster_api.research_a.b: has type stratmaster_api.clock (over timestamp without time zone), "
             "the contract asks for timestamptz",
             "stratmaster_api.research_a.c: has type timestamp without time zone[] (over timestamp without time "
             "zone), the contract asks for timestamptz",
             "stratmaster_api.research_a.d: has type tsrange, the contract asks for timestamptz",
             "stratmaster_api.research_a.e: has type time without time zone, the contract asks for timestamptz",
             "stratmaster_api.research_a.f: has type time(0) with time zone, the contract asks for timestamptz"}));
}

TEST(TemporalType, OffersAConversionOnlyWhereOneExpressionDoes) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "Order");
  world.column("at time", kLocal);
  world.column("b", "timestamp without time zone[]", "", kLocal);
  const auto findings = world.judged("schema.temporal_type").findings;
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].consider,
            "ALTER TABLE stratmaster_api.\"Order\" ALTER COLUMN \"at time\" TYPE timestamptz USING \"at time\" AT TIME "
            "ZONE 'UTC'");
  EXPECT_EQ(findings[1].consider, "");
}

TEST(TemporalType, JudgesPartitionsThroughTheirParentAndTelemetryNotAtAll) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_a_1").is_partition = true;
  world.column("at", kLocal);
  world.relation(LiteralWorld::kTelemetry, "traces");
  world.column("at", kLocal);
  world.relation(LiteralWorld::kApplication, "research_latest", 'v');
  world.column("at", kLocal);
  EXPECT_EQ(world.said("schema.temporal_type"), Lines{"holds"});
}

TEST(TemporalDefault, KnowsTheSpellingsOfNow) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_a");
  for (Text text : {"now()", "CURRENT_TIMESTAMP", "transaction_timestamp()", "pg_catalog.now()",
                    "(now())::timestamp(3) with time zone", "((now())::timestamp with time zone)"})
    world.column("c", kInstant, text);
  EXPECT_EQ(world.said("schema.temporal_default"), Lines{"holds"});
  EXPECT_EQ(world.judged("schema.temporal_default").reason, "6 columns");
}

TEST(TemporalDefault, RefusesWhatOnlyLooksLikeNow) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_a");
  for (Text text : {"clock_timestamp()", "(now())::date", "(now() + '01:00:00'::interval)",
                    "timezone('utc'::text, now())", "other.now()", "CURRENT_DATE",
                    "'2026-01-01 00:00:00+00'::timestamp with time zone", "(now()) + (now() - now())"})
    world.column("c", kInstant, text);
  EXPECT_EQ(world.judged("schema.temporal_default").findings.size(), 8u);
}

TEST(TemporalDefault, MendsAMissingOneAndLeavesAnotherToAPerson) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_a");
  world.column("Seen", kInstant);
  world.column("d", "stratmaster_api.instant", "", kInstant);
  world.column("e", kInstant, "clock_timestamp()");
  const auto findings = world.judged("schema.temporal_default").findings;
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_TRUE(findings[0].tagged("default"));
  EXPECT_EQ(findings[0].consider, "ALTER TABLE stratmaster_api.research_a ALTER COLUMN \"Seen\" SET DEFAULT now()");
  EXPECT_FALSE(findings[1].tagged("default")) << "a domain may bring its own";
  EXPECT_EQ(findings[2].message, "has default clock_timestamp(), the contract asks for now()");
  EXPECT_FALSE(findings[2].tagged("default"));
}

TEST(TemporalDefault, ExemptsGeneratedColumnsArraysAndOtherTypes) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_a");
  world.column("a", kInstant).generated = 's';
  world.column("b", "timestamp with time zone[]", "", kInstant);
  world.column("c", kLocal);
  world.column("d", "tstzrange");
  EXPECT_EQ(world.said("schema.temporal_default"), Lines{"holds"});
}

TEST(TemporalDefault, FollowsTheContractsOwnWish) {
  LiteralWorld world;
  world.contract.conventions.temporal_default = "clock_timestamp()";
  world.relation(LiteralWorld::kApplication, "research_a");
  world.column("a", kInstant, "clock_timestamp()");
  EXPECT_EQ(world.said("schema.temporal_default"), Lines{"holds"});
}

}  // namespace
}  // namespace pgcontract::compare
