// contract.ledger, server.* and monitoring.pg_stat_statements.

#include "unit/compare/literal_world.hpp"

namespace pgcontract::compare {
namespace {

using namespace std::chrono_literals;

TEST(Ledger, HoldsAsApplyLeavesIt) {
  LiteralWorld world;
  EXPECT_EQ(world.said("contract.ledger"), Lines{"holds"});
}

TEST(Ledger, TellsMissingOldAndForeignApart) {
  LiteralWorld world;
  world.seen.registry.version = 0;
  world.seen.schemas[3].owner = LiteralWorld::kStranger;
  const auto result = world.judged("contract.ledger");
  ASSERT_EQ(result.findings.size(), 2u);
  EXPECT_TRUE(result.findings[0].tagged("old"));
  EXPECT_TRUE(result.findings[1].tagged("owner"));

  LiteralWorld bare;
  bare.seen.schemas.erase(bare.seen.schemas.begin() + 3);
  const auto missing = bare.judged("contract.ledger");
  ASSERT_EQ(missing.findings.size(), 1u);
  EXPECT_TRUE(missing.findings[0].tagged("missing"));
}

TEST(Ledger, IsUnknownWhenANewerProgramWroteIt) {
  LiteralWorld world;
  world.seen.registry.version = tenancy::kSchemaVersion + 1;
  EXPECT_EQ(world.judged("contract.ledger").verdict, Verdict::Unknown);
}

TEST(ServerVersion, IsBrokenBelow14AndPastTheEndOfLife) {
  LiteralWorld world;
  world.seen.server.version_num = 140023;
  EXPECT_EQ(world.said("server.version"),
            (Lines{"broken",
                   "server: runs PostgreSQL 14.23, which is past its end of life since 2026-11-12: no more fixes"}));
  world.today = 2026y / 11 / 11;
  EXPECT_EQ(world.said("server.version"), Lines{"holds"});
  world.seen.server.version_num = 0;
  EXPECT_EQ(world.judged("server.version").verdict, Verdict::Unknown);
}

TEST(SecurityMinor, NamesAllThatIsMissedAndTheMinorThatHasAll) {
  LiteralWorld world;
  world.seen.server.version_num = 170005;
  const auto result = world.judged("server.security_minor");
  ASSERT_EQ(result.findings.size(), 1u);
  for (const char* cve : {"CVE-2025-8713", "CVE-2025-12817", "CVE-2026-6473"})
    EXPECT_NE(result.findings[0].message.find(cve), std::string::npos) << cve;
  EXPECT_EQ(result.findings[0].message.find("CVE-2024-10978"), std::string::npos);
  EXPECT_TRUE(result.findings[0].message.ends_with("17.10 or newer is wanted")) << result.findings[0].message;
}

TEST(SecurityMinor, DoesNotHoldAMajorToFixesItNeverNeeded) {
  LiteralWorld world;
  for (const int version : {150020, 140023, 180004, 190000}) {
    world.seen.server.version_num = version;
    EXPECT_EQ(world.judged("server.security_minor").verdict, Verdict::Holds) << version;
  }
  world.seen.server.version_num = 150017;
  EXPECT_EQ(world.judged("server.security_minor").verdict, Verdict::Broken);
}

// As specified, apart from the clause's own table: the last minor with each weakness, and the first without.
TEST(SecurityMinor, FindsEachWeaknessBelowItsFixAndNotAtIt) {
  const std::vector<std::tuple<const char*, int>> fixed = {
      {"CVE-2022-1552", 140003},  {"CVE-2023-2454", 150003},  {"CVE-2023-2455", 140008},  {"CVE-2023-39418", 150004},
      {"CVE-2024-0985", 150006},  {"CVE-2024-0985", 140011},  {"CVE-2024-4317", 160003},  {"CVE-2024-4317", 150007},
      {"CVE-2024-4317", 140012},  {"CVE-2024-10976", 170001}, {"CVE-2024-10976", 160005}, {"CVE-2024-10978", 150009},
      {"CVE-2024-10978", 140014}, {"CVE-2024-10979", 170001}, {"CVE-2025-8713", 170006},  {"CVE-2025-8713", 160010},
      {"CVE-2025-8713", 150014},  {"CVE-2025-8713", 140019},  {"CVE-2025-12817", 180001}, {"CVE-2025-12817", 140020},
      {"CVE-2026-6472", 180004},  {"CVE-2026-6473", 170010},  {"CVE-2026-6473", 160014},  {"CVE-2026-6473", 150018},
      {"CVE-2026-6473", 140023}};
  for (const auto& [cve, version] : fixed) {
    LiteralWorld world;
    const auto is_named = [&, name = std::string(cve)](int at) {
      world.seen.server.version_num = at;
      const auto result = world.judged("server.security_minor");
      return !result.findings.empty() && result.findings[0].message.find(name + " ") != std::string::npos;
    };
    EXPECT_TRUE(is_named(version - 1)) << cve << " " << version;
    EXPECT_FALSE(is_named(version)) << cve << " " << version;
  }
}

TEST(SecurityMinor, SaysWhatTheEndOfAMajorMeans) {
  LiteralWorld world;
  world.seen.server.version_num = 140023;
  EXPECT_NE(world.judged("server.security_minor").reason.find("found after 2026-11-12 stay open"), std::string::npos);
  world.today = Date{std::chrono::year{2026}, std::chrono::November, std::chrono::day{11}};
  EXPECT_EQ(world.judged("server.security_minor").reason.find("stay open"), std::string::npos);
}

TEST(WalLevel, IsUnknownWhereTheSettingIsNotSeen) {
  LiteralWorld world;
  world.seen.settings.clear();
  const auto result = world.judged("server.wal_level_logical");
  EXPECT_EQ(result.verdict, Verdict::Unknown);
  EXPECT_EQ(result.reason, "role observer cannot see setting wal_level: grant it pg_read_all_settings");
}

TEST(WalLevel, OffersAStatementWhereThereIsOne) {
  LiteralWorld world;
  world.seen.settings[0].value = "replica";
  EXPECT_EQ(world.judged("server.wal_level_logical").findings.at(0).consider, "ALTER SYSTEM SET wal_level = 'logical'");
  world.environment.managed = true;
  EXPECT_EQ(world.judged("server.wal_level_logical").findings.at(0).consider, "");
}

TEST(Checksums, AreWanted) {
  LiteralWorld world;
  EXPECT_EQ(world.said("server.checksums"), Lines{"holds"});
  for (auto& setting : world.seen.settings)
    if (setting.name == "data_checksums") setting.value = "off";
  EXPECT_EQ(world.said("server.checksums"), (Lines{"broken", "data_checksums: is off, the contract asks for on"}));
}

class Preload : public ::testing::Test {
 protected:
  ClauseResult with(Text libraries) {
    for (auto& setting : world.seen.settings)
      if (setting.name == "shared_preload_libraries") setting.value = libraries;
    return world.judged("monitoring.pg_stat_statements");
  }
  LiteralWorld world;
};

TEST_F(Preload, ReadsTheListAsTheServerDoes) {
  EXPECT_EQ(with("auto_explain, \"pg_stat_statements\"").verdict, Verdict::Holds);
  EXPECT_EQ(with("$libdir/pg_stat_statements").verdict, Verdict::Holds);
  EXPECT_EQ(with("pg_stat_statements_other").verdict, Verdict::Broken);
}

TEST_F(Preload, KeepsTheLibrariesThatAreThere) {
  const auto result = with("auto_explain, timescaledb");
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_TRUE(result.findings[0].tagged("preload"));
  EXPECT_EQ(result.findings[0].consider,
            "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'timescaledb', 'pg_stat_statements'");
}

TEST_F(Preload, OnAManagedServiceIsTheProvidersParameterGroup) {
  world.environment.managed = true;
  const auto result = with("");
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].consider, "");
  EXPECT_NE(result.findings[0].message.find("parameter group"), std::string::npos);
}

TEST_F(Preload, MissingExtensionBreaksEvenWhereTheSettingIsHidden) {
  world.seen.settings.clear();
  EXPECT_EQ(with("").verdict, Verdict::Unknown);
  world.seen.extensions.clear();
  const auto result = with("");
  EXPECT_EQ(result.verdict, Verdict::Broken);
  EXPECT_TRUE(result.findings.at(0).tagged("missing"));
}

}  // namespace
}  // namespace pgcontract::compare
