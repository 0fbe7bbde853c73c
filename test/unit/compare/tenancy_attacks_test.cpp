// tenancy.attacks_refused: what evidence tells, and for how long.

#include "unit/compare/literal_world.hpp"

namespace pgcontract::compare {
namespace {

struct AttackedWorld : LiteralWorld {
  AttackedWorld() {
    seen.server.database = "app";
    seen.evidence.push_back({"attack",
                             "app",
                             "2026-11-01",
                             {"server=15.20", "corpus=c1", "attacks=113", "refused=101", "residual=12", "not_judged=0",
                              "profile=standard", "succeeded="}});
  }
  Evidence& run() { return seen.evidence.front(); }
  ClauseResult result() { return judged("tenancy.attacks_refused"); }
};

TEST(AttacksRefused, HoldsByAFreshRunThatRefusedAll) {
  AttackedWorld world;
  EXPECT_EQ(world.result().verdict, Verdict::Holds);
  EXPECT_EQ(world.result().reason, "113 attacks on 2026-11-01, 101 refused, 12 accepted by the design");
}

TEST(AttacksRefused, IsUnknownWithoutARun) {
  AttackedWorld world;
  world.run().subject = "another";
  EXPECT_EQ(world.result().verdict, Verdict::Unknown);
  EXPECT_EQ(world.result().reason, "the attacks were never run here: pgcontract tenant attack");
}

TEST(AttacksRefused, BelievesARunForThirtyDays) {
  AttackedWorld world;
  world.run().recorded_on = "2026-10-24";
  EXPECT_EQ(world.result().verdict, Verdict::Holds);
  world.run().recorded_on = "2026-10-23";
  EXPECT_EQ(world.result().reason,
            "the attacks were run on 2026-10-23, more than 30 days ago: pgcontract tenant attack");
}

TEST(AttacksRefused, BelievesARunOnThisServerOnly) {
  AttackedWorld world;
  world.seen.server.version_num = 150021;
  EXPECT_EQ(world.result().reason,
            "the attacks were run on 2026-11-01 against PostgreSQL 15.20, and this is 15.21: pgcontract tenant attack");
}

TEST(AttacksRefused, BelievesARunThatJudgedEveryAttack) {
  AttackedWorld world;
  world.run().detail[5] = "not_judged=2";
  EXPECT_EQ(world.result().verdict, Verdict::Unknown);
}

TEST(AttacksRefused, BelievesARunOfThisCorpusOnly) {
  AttackedWorld world;
  world.seen.seal();
  Judged judged{world.contract, world.environment, world.seen, world.today, "c1"};
  EXPECT_EQ(judge(judged).find("tenancy.attacks_refused")->verdict, Verdict::Holds);
  judged.corpus = "c2";
  EXPECT_EQ(judge(judged).find("tenancy.attacks_refused")->reason,
            "the attacks were run on 2026-11-01, by a corpus that has changed since: pgcontract tenant attack");
}

TEST(AttacksRefused, BelievesARunInTheContractsProfileOnly) {
  AttackedWorld world;
  world.contract.tenancy->profile = TenancyProfile::Strict;
  EXPECT_EQ(world.result().reason,
            "the attacks were run on 2026-11-01 in the standard profile, and the contract asks for the strict one: "
            "pgcontract tenant attack");
}

TEST(AttacksRefused, IsBrokenByWhatCameThroughHoweverOld) {
  AttackedWorld world;
  world.run().recorded_on = "2025-01-01";
  world.run().detail.back() = "succeeded=ID01 RLS01";
  EXPECT_EQ(world.said("tenancy.attacks_refused"),
            (Lines{"broken", "ID01: succeeded on 2025-01-01 against PostgreSQL 15.20",
                   "RLS01: succeeded on 2025-01-01 against PostgreSQL 15.20"}));
}

TEST(Canaries, AreNoTenantsOfARealContract) {
  Tenancy tenancy;
  const auto canary = Uuid::parse("ca4a41e5-0000-8000-8000-12345678000a");
  ASSERT_TRUE(canary);
  EXPECT_TRUE(is_canary(*canary));
  EXPECT_FALSE(is_canary(*Uuid::parse("11111111-1111-4111-8111-111111111111")));
  EXPECT_FALSE(tenancy.tenant_of_role(tenancy.role_of(*canary)));
  EXPECT_FALSE(tenancy.tenant_of_schema(tenancy.schema_of(*canary)));
  tenancy.of_canaries = true;
  EXPECT_EQ(tenancy.tenant_of_role(tenancy.role_of(*canary)), *canary);
  EXPECT_FALSE(tenancy.tenant_of_role("app_tenant_11111111111141118111111111111111"));
}

}  // namespace
}  // namespace pgcontract::compare
