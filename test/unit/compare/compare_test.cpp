// The engine: verdicts, waivers and what makes a clause unknown.

#include <set>

#include "unit/compare/literal_world.hpp"

namespace pgcontract::compare {
namespace {

using namespace std::chrono_literals;

TEST(Clauses, HaveUniqueIdsAndEverythingAPageNeeds) {
  std::set<std::string_view> ids;
  for (const Clause& clause : clauses()) {
    EXPECT_TRUE(ids.insert(clause.id).second) << clause.id;
    EXPECT_NE(clause.id.find('.'), std::string_view::npos) << clause.id;
    EXPECT_FALSE(clause.title.empty() || clause.sentence.empty() || clause.why.empty()) << clause.id;
    EXPECT_NE(clause.check == nullptr, clause.pending.empty()) << clause.id << ": either judged or pending";
    EXPECT_EQ(find_clause(clause.id), &clause);
  }
  EXPECT_EQ(find_clause("schema.domain_prefx"), nullptr);
}

TEST(Clauses, StandInTheOrderOfTheContract) {
  std::vector<std::string_view> areas;
  for (const Clause& clause : clauses())
    if (const auto area = clause.id.substr(0, clause.id.find('.')); areas.empty() || areas.back() != area)
      areas.push_back(area);
  EXPECT_EQ(areas, (std::vector<std::string_view>{"contract", "server", "schema", "migrations", "tenancy",
                                                  "credentials", "backup", "monitoring", "maintenance", "reporting"}));
}

TEST(Judge, ReportsEveryClauseInTheTablesOrder) {
  LiteralWorld world;
  const Verdicts verdicts = world.verdicts();
  ASSERT_EQ(verdicts.clauses.size(), clauses().size());
  for (std::size_t i = 0; i < clauses().size(); ++i) EXPECT_EQ(verdicts.clauses[i].clause, clauses()[i].id);
}

TEST(Judge, HoldsWithWhatItExamined) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_notes");
  const auto result = world.judged("schema.domain_prefix");
  EXPECT_EQ(result.verdict, Verdict::Holds);
  EXPECT_EQ(result.reason, "1 table");
}

TEST(Judge, IsUnknownWhereAClauseHasNoCheckYet) {
  LiteralWorld world;
  const auto result = world.judged("credentials.rotated");
  EXPECT_EQ(result.verdict, Verdict::Unknown);
  EXPECT_TRUE(result.reason.starts_with("not judged yet: ")) << result.reason;
}

TEST(Judge, IsUnknownWhereAFactCouldNotBeRead) {
  LiteralWorld world;
  world.seen.unreadable[Fact::Relations] = "permission denied for table pg_class";
  const auto result = world.judged("schema.domain_prefix");
  EXPECT_EQ(result.verdict, Verdict::Unknown);
  EXPECT_EQ(result.reason, "cannot read relations: permission denied for table pg_class");
  EXPECT_EQ(world.judged("server.version").verdict, Verdict::Holds) << "needs no relations";
}

TEST(Judge, JudgesOnlyTheVersionOfAServerOlderThan14) {
  LiteralWorld world;
  world.seen.server.version_num = 130011;
  for (const auto& result : world.verdicts().clauses) {
    if (result.clause == "server.version")
      EXPECT_EQ(result.verdict, Verdict::Broken);
    else
      EXPECT_EQ(result.verdict, Verdict::Unknown) << result.clause;
  }
  EXPECT_EQ(world.judged("schema.application").reason, "the server is older than 14");
}

TEST(Judge, SortsFindingsByLabelWhateverTheOids) {
  LiteralWorld world;
  world.relation(LiteralWorld::kTenant, "b");
  world.relation(LiteralWorld::kApplication, "z");
  world.relation(LiteralWorld::kApplication, "a");
  const auto findings = world.judged("schema.domain_prefix").findings;
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(findings[0].subject.label(), "stratmaster_api.a");
  EXPECT_EQ(findings[0].clause, "schema.domain_prefix");
  EXPECT_EQ(findings[2].subject.schema, LiteralWorld::kTenantSchema);
}

TEST(Waivers, CoverAFindingToTheLastDayIncluded) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "reports");
  world.waiver("schema.domain_prefix", "stratmaster_api.reports", world.today);
  const auto result = world.judged("schema.domain_prefix");
  EXPECT_EQ(result.verdict, Verdict::Waived);
  ASSERT_EQ(result.findings.size(), 1u);
  ASSERT_EQ(result.findings[0].waived.size(), 1u);
  EXPECT_EQ(result.findings[0].waived[0].reason, "because");
  EXPECT_EQ(result.findings[0].waived[0].by, "ada");
  EXPECT_EQ(world.judged("contract.waivers").verdict, Verdict::Holds);
  world.today = 2026y / 11 / 24;
  EXPECT_EQ(world.judged("schema.domain_prefix").verdict, Verdict::Broken);
}

TEST(Waivers, LeaveAClauseBrokenWhileOneFindingIsNotCovered) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "reports");
  world.relation(LiteralWorld::kApplication, "notes");
  world.waiver("schema.domain_prefix", "stratmaster_api.reports", 2027y / 1 / 1);
  EXPECT_EQ(world.judged("schema.domain_prefix").verdict, Verdict::Broken);
  world.waiver("schema.domain_prefix", "*", 2027y / 1 / 1);
  EXPECT_EQ(world.judged("schema.domain_prefix").verdict, Verdict::Waived);
}

TEST(Waivers, MatchQuotedNamesAndOnlyTheirClause) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "Reports");
  world.waiver("schema.domain_prefix", "stratmaster_api.\"Reports\"", 2027y / 1 / 1);
  EXPECT_EQ(world.judged("schema.domain_prefix").verdict, Verdict::Waived);
  EXPECT_EQ(world.judged("schema.primary_key").verdict, Verdict::Broken);
}

TEST(Waivers, ThatExpiredAreFindingsWithTheirPlaceInTheFile) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "reports");
  world.waiver("schema.domain_prefix", "stratmaster_api.reports", 2026y / 11 / 22);
  const auto result = world.judged("contract.waivers");
  EXPECT_EQ(result.verdict, Verdict::Broken);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].where, "contract.yaml:7");
  EXPECT_EQ(result.findings[0].message, "expired on 2026-11-22; mend what it covered, or extend it and say why");
}

TEST(Waivers, ThatNameNoClauseAreFindingsWithTheNearestSpelling) {
  LiteralWorld world;
  world.waiver("schema.domain_prefx", "*", 2027y / 1 / 1);
  world.waiver("entirely.else", "*", 2027y / 1 / 1);
  EXPECT_EQ(world.said("contract.waivers"),
            (Lines{"broken", "entirely.else *: names a clause that does not exist",
                   "schema.domain_prefx *: names a clause that does not exist, did you mean schema.domain_prefix"}));
}

TEST(Waivers, ThatCoverNothingAreFindings) {
  LiteralWorld world;
  world.waiver("schema.primary_key", "stratmaster_api.gone", 2027y / 1 / 1);
  world.waiver("schema.primary_key", "*", 2027y / 1 / 1);
  EXPECT_EQ(world.said("contract.waivers"),
            (Lines{"broken", "schema.primary_key *: covers no finding; remove it",
                   "schema.primary_key stratmaster_api.gone: covers no finding; remove it"}));
}

TEST(Waivers, OfAnUnknownClauseAreNotSuperfluous) {
  LiteralWorld world;
  world.waiver("schema.primary_key", "stratmaster_api.gone", 2027y / 1 / 1);
  world.waiver("credentials.rotated", "*", 2027y / 1 / 1);
  world.seen.unreadable[Fact::Constraints] = "timeout";
  EXPECT_EQ(world.said("contract.waivers"), Lines{"holds"});
}

TEST(Waivers, CannotWaiveTheClauseOnWaivers) {
  LiteralWorld world;
  world.waiver("schema.primary_key", "*", 2020y / 1 / 1);
  world.waiver("contract.waivers", "*", 2027y / 1 / 1);
  const auto result = world.judged("contract.waivers");
  EXPECT_EQ(result.verdict, Verdict::Broken);
  EXPECT_EQ(result.findings.size(), 2u);
}

}  // namespace
}  // namespace pgcontract::compare
