// tenancy.limits and tenancy.strict_catalog on small worlds: what an example on one server cannot show.
#include <fmt/ranges.h>

#include <fstream>
#include <sstream>

#include "tenancy/limits.hpp"
#include "tenancy/strict.hpp"
#include "tenancy_world.hpp"

namespace pgcontract::compare {
namespace {

const std::string kRole = "app_tenant_" + kTenantHex;

TEST(TenancyLimits, ValuesAreComparedAndNotTheirSpelling) {
  for (const auto& [parameter, text, value] :
       std::vector<std::tuple<std::string, std::string, std::int64_t>>{{"statement_timeout", "30s", 30000},
                                                                       {"statement_timeout", "30000", 30000},
                                                                       {"statement_timeout", "0.5 min", 30000},
                                                                       {"statement_timeout", "30000000us", 30000},
                                                                       {"idle_session_timeout", "1d", 86400000},
                                                                       {"statement_timeout", "0", 0},
                                                                       {"temp_file_limit", "1GB", 1048576},
                                                                       {"temp_file_limit", "1048576", 1048576},
                                                                       {"temp_file_limit", "-1", -1}})
    EXPECT_EQ(tenancy::limit_value(parameter, text), value) << parameter << " " << text;
  for (const char* text : {"", "fast", "30 apples", "1e300s", "nan"})
    EXPECT_EQ(tenancy::limit_value("statement_timeout", text), std::nullopt) << text;
  EXPECT_EQ(tenancy::limit_value("temp_file_limit", "30s"), std::nullopt);
}

TEST(TenancyLimits, ASettingThatIsNoValueIsNotTheOneWanted) {
  TenancyWorld world;
  for (Text& setting : world.role(kTenantRole).settings)
    if (setting.starts_with("lock") || setting.starts_with("statement_timeout")) setting = "statement_timeout=x";
  EXPECT_EQ(world.said(kTenancyLimits), Lines{kRole + ": has statement_timeout x, wanted 30s"});
}

TEST(TenancyLimits, OfThisDatabaseBeforeThoseOfAll) {
  TenancyWorld world;
  world.role(kTenantRole).settings.push_back("statement_timeout=1h");
  EXPECT_EQ(world.said(kTenancyLimits), Lines{});
  auto& settings = world.role(kTenantRole).settings;
  settings.insert(settings.begin(), "statement_timeout=1h");
  EXPECT_EQ(world.said(kTenancyLimits), Lines{kRole + ": has statement_timeout 1h, wanted 30s"});
}

TEST(TenancyLimits, NoneIsNotJudged) {
  TenancyWorld world;
  world.contract.tenancy->limits = {-1, "", "", "", "", "", ""};
  world.role(kTenantRole).settings.clear();
  world.role(kTenantRole).connection_limit = 3;
  const Examined examined = world.judge(kTenancyLimits);
  EXPECT_TRUE(examined.findings.empty());
  EXPECT_EQ(examined.examined, "the contract limits nothing");
}

TEST(TenancyLimits, TransactionTimeoutNeedsPostgres17) {
  TenancyWorld before(160014), since(170010);
  before.contract.tenancy->limits.transaction_timeout = since.contract.tenancy->limits.transaction_timeout = "5min";
  const Finding finding = before.only(kTenancyLimits);
  EXPECT_EQ(finding.message, "does not know transaction_timeout, which the contract limits to 5min");
  EXPECT_FALSE(finding.consider.empty()) << "no statement can mend it";
  EXPECT_EQ(since.said(kTenancyLimits), Lines{kRole + ": has no transaction_timeout, wanted 5min"});
}

TEST(TenancyLimits, WhatTheApplierMayNotGiveIsSaidAndLeftToAPerson) {
  for (const int version : {140023, 150020}) {
    TenancyWorld world(version);
    world.o.server.current_role = "applier";
    world.o.server.current_role_superuser = false;
    std::erase_if(world.role(kTenantRole).settings, [](Text text) { return text.starts_with("temp_file_limit"); });
    const Finding finding = world.only(kTenancyLimits);
    EXPECT_EQ(finding.message, "has no temp_file_limit, wanted 1GB; applier may not give it");
    EXPECT_EQ(finding.consider.find("GRANT SET ON PARAMETER") != std::string::npos, version >= 150000)
        << finding.consider;
    world.o.parameters = {{"temp_file_limit", "{postgres=sA/postgres,applier=s/postgres}"}};
    const Finding mendable = world.only(kTenancyLimits);
    EXPECT_EQ(mendable.message, "has no temp_file_limit, wanted 1GB");
    EXPECT_EQ(mendable.consider, "");
  }
}

TEST(TenancyLimits, ASuspendedTenantHasThemAndADeletedOneNeedNot) {
  TenancyWorld world;
  world.role(kTenantRole).connection_limit = -1;
  world.o.registry.tenants.front().state = "suspended";
  EXPECT_EQ(world.said(kTenancyLimits).size(), 1u);
  world.o.registry.tenants.front().state = "deleted";
  EXPECT_EQ(world.said(kTenancyLimits).size(), 0u);
}

struct StrictWorld : TenancyWorld {
  StrictWorld() {
    contract.tenancy->profile = TenancyProfile::Strict;
    Role monitor{};
    monitor.oid = 90;
    monitor.name = "pg_monitor";
    o.roles.push_back(monitor);
  }
};

TEST(TenancyStrict, EveryNameIsTakenFromPublicAndLeftToItsKeepers) {
  StrictWorld world;
  EXPECT_EQ(world.said(kTenancyStrictCatalog),
            (Lines{"pg_catalog.pg_relation_size(regclass,text): PUBLIC holds EXECUTE, wanted nothing; pgc_owner "
                   "lacks EXECUTE; pg_monitor lacks EXECUTE",
                   "pg_catalog.pg_stat_activity: PUBLIC holds SELECT, wanted nothing; pgc_owner lacks SELECT; "
                   "pg_monitor lacks SELECT",
                   "pg_catalog.set_config(text,text,boolean): PUBLIC holds EXECUTE, wanted nothing; pgc_owner lacks "
                   "EXECUTE"}));
}

TEST(TenancyStrict, KeptWhenOnlyTheKeepersHoldIt) {
  StrictWorld world;
  world.contract.tenancy->catalog_readers = {"pgc_migrator", "nobody_yet"};
  world.o.system_objects = {
      {600, 'f', "set_config(text,text,boolean)", "{postgres=X/postgres,pgc_owner=X/postgres,pgc_migrator=X/postgres}"},
      {601, 'f', "set_config(text,text,boolean,text)", "{postgres=X/postgres,pgc_owner=X/postgres}"},
      {602, 'f', "lower(text)", ""}};
  const Examined examined = world.judge(kTenancyStrictCatalog);
  ASSERT_EQ(examined.findings.size(), 1u);
  EXPECT_EQ(examined.findings.front().message, "pgc_migrator lacks EXECUTE");
  EXPECT_EQ(examined.examined, "2 objects of the catalog");
}

TEST(TenancyStrict, TenantsHoldItByNoOtherWayEither) {
  StrictWorld world;
  world.o.system_objects = {{600, 'f', "set_config(text,text,boolean)",
                             world.text("{postgres=X/postgres,pgc_owner=X/postgres,pgc_tenant=X/postgres,app_tenant_" +
                                        kTenantHex + "=X/postgres,auditor=X/postgres}")}};
  const Finding finding = world.only(kTenancyStrictCatalog);
  EXPECT_EQ(finding.message,
            "pgc_tenant holds EXECUTE, wanted nothing; app_tenant_" + kTenantHex + " holds EXECUTE, wanted nothing");
  EXPECT_TRUE(finding.tagged("holder:pgc_tenant"));
  EXPECT_TRUE(finding.tagged("holder:app_tenant_" + kTenantHex));
}

TEST(TenancyStrict, StandardGivesBackOnlyWhatStrictTook) {
  TenancyWorld world;
  world.o.system_objects = {{600, 'f', "set_config(text,text,boolean)", "{postgres=X/postgres,pgc_owner=X/postgres}"},
                            {601, 'f', "pg_notify(text,text)", "{postgres=X/postgres}"},
                            {602, 'f', "ts_stat(text)", "{postgres=X/postgres,=X/postgres,pgc_owner=X/postgres}"}};
  const Finding finding = world.only(kTenancyStrictCatalog);
  EXPECT_EQ(finding.subject.name, "set_config(text,text,boolean)");
  EXPECT_TRUE(finding.tagged("give_back"));
}

TEST(TenancyStrict, WhoOwnsNoSystemObjectIsToldSo) {
  StrictWorld world;
  world.o.server.current_role_superuser = false;
  for (const auto& finding : world.judge(kTenancyStrictCatalog).findings) EXPECT_FALSE(finding.consider.empty());
}

TEST(TenancyStrict, NothingObservedIsNotGreen) {
  StrictWorld world;
  world.o.system_objects.clear();
  EXPECT_FALSE(world.judge(kTenancyStrictCatalog).unknown.empty());
}

TEST(TenancyStrict, ObserveAsksForTheSameNames) {
  std::ifstream file(PGCONTRACT_SOURCE_DIR "/src/observe/sql/strict_functions.sql");
  std::stringstream text;
  text << file.rdbuf();
  std::string sql = text.str();
  std::erase_if(sql, [](char c) { return c == ' ' || c == '\n'; });
  Lines names, beginnings;
  for (const auto& row : tenancy::strict_names()) {
    if (row.kind != 'f') continue;
    const bool beginning = row.name.ends_with('*');
    (beginning ? beginnings : names).emplace_back(row.name.substr(0, row.name.size() - (beginning ? 1 : 0)));
  }
  for (const Lines& list : {names, beginnings})
    EXPECT_NE(sql.find(fmt::format("'{{{}}}'", fmt::join(list, ","))), std::string::npos)
        << fmt::to_string(fmt::join(list, ","));
}

}  // namespace
}  // namespace pgcontract::compare
