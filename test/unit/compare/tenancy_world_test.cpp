#include "tenancy_world.hpp"

namespace pgcontract::compare {
namespace {

TEST(TenancyWorld, KeepsEveryClauseBeforeAndAfter16) {
  for (int version : {140023, 150020, 160014, 180004}) {
    TenancyWorld world(version);
    for (const Clause* clause : kJudgedTenancyClauses)
      EXPECT_EQ(world.said(*clause), Lines{}) << clause->id << " on " << version;
  }
}

TEST(TenancyWorld, WithoutATenancySectionEveryClauseHoldsAndSaysSo) {
  TenancyWorld world;
  world.contract.tenancy.reset();
  for (const Clause* clause : kJudgedTenancyClauses) {
    const Examined examined = world.judge(*clause);
    EXPECT_TRUE(examined.findings.empty());
    EXPECT_EQ(examined.examined, "no tenancy in the contract") << clause->id;
  }
}

TEST(TenancyWorld, AnEmptyClusterIsJudgedWithoutHarm) {
  TenancyWorld world;
  world.o = Observation{};
  for (const Clause* clause : kJudgedTenancyClauses) world.judge(*clause);
  EXPECT_FALSE(world.judge(kTenancyNoCreateNoTemp).unknown.empty());
  EXPECT_EQ(world.judge(kTenancyGuardFunction).findings.size(), 3u);
}

}  // namespace
}  // namespace pgcontract::compare
