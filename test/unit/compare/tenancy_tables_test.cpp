// Row-level security, policies, keys and the guard functions.
#include "tenancy_world.hpp"

namespace pgcontract::compare {
namespace {

// A partition of reports, with its own switches, policies and column.
Relation& add_partition(TenancyWorld& world) {
  Relation partition{};
  partition.oid = 210;
  partition.schema = kApi;
  partition.name = "reports_2026";
  partition.owner = kOwner;
  partition.rls_enabled = partition.rls_forced = true;
  partition.is_partition = true;
  partition.parent = kReports;
  world.o.relations.push_back(partition);
  Column column{};
  column.relation = 210;
  column.number = 1;
  column.name = "tenant_id";
  column.type_name = "uuid";
  column.not_null = true;
  world.o.columns.push_back(column);
  world.add_policies(210);
  return world.relation(210);
}

TEST(TenancyRls, EnabledAndForcedOnTablesAndPartitions) {
  TenancyWorld world;
  add_partition(world).rls_enabled = false;
  world.relation(kReports).rls_forced = false;
  EXPECT_EQ(world.said(kTenancyRlsEnabled),
            Lines{"stratmaster_api.reports_2026: row-level security is off, so its policies bind nobody"});
  EXPECT_EQ(world.said(kTenancyRlsForced),
            Lines{"stratmaster_api.reports: row-level security does not bind the table's owner"});
  EXPECT_EQ(world.judge(kTenancyRlsForced).examined, "2 shared tables");
}

TEST(TenancyRls, ATableWithoutTheSharedColumnNeedsNone) {
  TenancyWorld world;
  EXPECT_FALSE(world.relation(kStatus).rls_enabled);
  EXPECT_EQ(world.said(kTenancyRlsEnabled), Lines{});
}

TEST(TenancyBinding, BothPoliciesOnPartitionsToo) {
  TenancyWorld world;
  add_partition(world);
  std::erase_if(world.o.policies, [](const Policy& p) { return p.relation == 210 && !p.permissive; });
  const Finding finding = world.only(kTenancyRlsBoundToRole);
  EXPECT_EQ(finding.subject.kind, "policy");
  EXPECT_EQ(finding.subject.label(), "stratmaster_api.reports_2026.tenant_role_binding");
  EXPECT_EQ(finding.tags, (Lines{"binding", "missing"}));
}

TEST(TenancyBinding, APolicyOfTheNameButNotTheMeaningIsChanged) {
  TenancyWorld world;
  world.o.policies[1].using_expression = "true";
  EXPECT_EQ(world.only(kTenancyRlsBoundToRole).tags, (Lines{"binding", "changed"}));
  TenancyWorld permissive;
  permissive.o.policies[1].permissive = true;
  EXPECT_EQ(permissive.only(kTenancyRlsBoundToRole).tags, (Lines{"binding", "changed"}));
  TenancyWorld reads_only;
  reads_only.o.policies[0].command = 'r';
  EXPECT_EQ(reads_only.only(kTenancyRlsBoundToRole).tags, (Lines{"tenant_policy", "changed"}));
}

TEST(TenancyBinding, OneMorePermissivePolicyIsAFindingOneMoreRestrictiveIsNone) {
  TenancyWorld world;
  world.o.policies.push_back({9, kReports, "auditors", true, 'r', {0}, "true", {}});
  EXPECT_EQ(world.only(kTenancyRlsBoundToRole).tags, Lines{"further"});
  TenancyWorld narrower;
  narrower.o.policies.push_back({9, kReports, "current", false, 'r', {0}, "true", {}});
  EXPECT_EQ(narrower.said(kTenancyRlsBoundToRole), Lines{});
}

TEST(TenancyBinding, TheSharedColumnIsUuidAndNotNull) {
  TenancyWorld world;
  world.o.columns[0].type_name = "text";
  world.o.columns[0].not_null = false;
  EXPECT_EQ(world.said(kTenancyRlsBoundToRole),
            (Lines{"stratmaster_api.reports.tenant_id: has type text, wanted uuid",
                   "stratmaster_api.reports.tenant_id: may be null, wanted NOT NULL"}));
}

TEST(TenancyKeys, UniqueAndPrimaryLeadWithTheTenant) {
  TenancyWorld world;
  world.o.indexes[0].key_columns = {2, 1};
  world.o.indexes.push_back({401, kReports, "reports_status_key", true, false, true, {3}, false});
  world.o.indexes.push_back({402, kReports, "reports_by_status", false, false, true, {3}, false});
  EXPECT_EQ(
      world.said(kTenancyKeysLeadWithTenant),
      (Lines{"stratmaster_api.reports.reports_pkey: is a primary key that does not begin with tenant_id",
             "stratmaster_api.reports.reports_status_key: is a unique index that does not begin with tenant_id"}));
  EXPECT_EQ(world.judge(kTenancyKeysLeadWithTenant).findings[1].consider,
            "CREATE UNIQUE INDEX CONCURRENTLY ON stratmaster_api.reports (tenant_id, status)");
}

TEST(TenancyKeys, AnExpressionHasNoReadyStatement) {
  TenancyWorld world;
  world.o.indexes[0].primary = false;
  world.o.indexes[0].key_columns = {0};
  EXPECT_EQ(world.only(kTenancyKeysLeadWithTenant).consider, "");
}

TEST(TenancyKeys, ForeignKeysPairTenantWithTenant) {
  TenancyWorld world;
  world.o.constraints.push_back({501, kReports, "reports_parent_fkey", 'f', {2}, kReports, {2}, true});
  EXPECT_EQ(world.only(kTenancyKeysLeadWithTenant).consider,
            "ALTER TABLE stratmaster_api.reports ADD FOREIGN KEY (tenant_id, id) REFERENCES stratmaster_api.reports "
            "(tenant_id, id)");
  const auto parent_key = [&]() -> Constraint& { return world.by_oid(world.o.constraints, 501); };
  parent_key().columns = {1, 2};
  parent_key().referenced_columns = {2, 1};  // the tenant compared with something else
  EXPECT_EQ(world.judge(kTenancyKeysLeadWithTenant).findings.size(), 1u);
  parent_key().referenced_columns = {1, 2};
  EXPECT_EQ(world.said(kTenancyKeysLeadWithTenant), Lines{});
}

TEST(TenancyKeys, OnlyReferenceDataMayBeNamedWithoutTheTenant) {
  TenancyWorld world;
  world.relation(kStatus).name = "agents_workers";
  EXPECT_EQ(world.said(kTenancyKeysLeadWithTenant),
            Lines{"stratmaster_api.reports.reports_status_fkey: refers to stratmaster_api.agents_workers, which has no "
                  "tenant_id and is not reference data"});
}

TEST(TenancyKeys, TheCopyPostgresKeepsForAPartitionIsNotToldTwice) {
  TenancyWorld world;
  add_partition(world);
  world.o.constraints.push_back({501, kReports, "reports_parent_fkey", 'f', {2}, kReports, {2}, true});
  world.o.constraints.push_back({502, kReports, "reports_parent_fkey1", 'f', {2}, 210, {2}, true});
  EXPECT_EQ(world.only(kTenancyKeysLeadWithTenant).subject.part, "reports_parent_fkey");
}

TEST(TenancyGuard, MissingFunctions) {
  TenancyWorld world;
  world.o.functions.clear();
  EXPECT_EQ(world.said(kTenancyGuardFunction),
            (Lines{"pgcontract.assert_boundary(): is missing", "pgcontract.checkout(): is missing",
                   "pgcontract.role_tenant(): is missing"}));
}

TEST(TenancyGuard, AFunctionWithArgumentsIsNotTheGuard) {
  TenancyWorld world;
  world.o.functions[0].arguments = "uuid";
  EXPECT_EQ(world.only(kTenancyGuardFunction).tags, Lines{"missing"});
}

TEST(TenancyGuard, AnyChangeIsTold) {
  TenancyWorld world;
  Function& guard = world.o.functions[0];
  ASSERT_EQ(guard.name, "role_tenant");
  guard.source = "SELECT NULL::uuid";
  guard.owner = kPostgres;
  guard.security_definer = true;
  guard.settings = {};
  const Finding finding = world.only(kTenancyGuardFunction);
  EXPECT_EQ(finding.tags, (Lines{"changed", "body", "owner", "security", "settings"}));
  EXPECT_EQ(finding.message,
            "is not as designed: its body is another; its owner is postgres, wanted pgc_definer; it is SECURITY "
            "DEFINER, wanted SECURITY INVOKER; it sets nothing, wanted search_path=pg_catalog, pg_temp");
}

TEST(TenancyGuard, TenantsMayCallItAndPublicMayNot) {
  TenancyWorld world;
  world.o.functions[0].acl = {};
  EXPECT_EQ(world.said(kTenancyGuardFunction),
            (Lines{"pgcontract.role_tenant().pgc_tenant: pgc_tenant lacks EXECUTE",
                   "pgcontract.role_tenant().public: PUBLIC holds EXECUTE, wanted nothing"}));
  EXPECT_TRUE(world.judge(kTenancyGuardFunction).findings[0].tagged("grants"));
}

TEST(TenancyDefinerFunctions, PinnedAndNotForPublic) {
  TenancyWorld world;
  world.o.functions.push_back({350,
                               kApi,
                               "Slug",
                               "text",
                               'f',
                               kOwner,
                               {},
                               true,
                               "sql",
                               'v',
                               {"search_path=pg_temp, pg_catalog"},
                               "SELECT 1",
                               false});
  const auto findings = world.judge(kTenancyDefinerFunctionsPinned).findings;
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].subject.label(), "stratmaster_api.\"Slug\"(text)");
  EXPECT_EQ(findings[0].consider,
            "ALTER FUNCTION stratmaster_api.\"Slug\"(text) SET search_path = pg_catalog, stratmaster_api, pg_temp");
  EXPECT_EQ(findings[1].consider, "REVOKE EXECUTE ON FUNCTION stratmaster_api.\"Slug\"(text) FROM PUBLIC");
}

TEST(TenancyDefinerFunctions, InvokersAndExtensionsAreNotJudged) {
  TenancyWorld world;
  world.o.functions.push_back({350, kApi, "f", {}, 'f', kOwner, {}, false, "sql", 'v', {}, "SELECT 1", false});
  world.o.functions.push_back({351, kApi, "g", {}, 'f', kOwner, {}, true, "c", 'v', {}, "g", true});
  EXPECT_EQ(world.said(kTenancyDefinerFunctionsPinned), Lines{});
}

}  // namespace
}  // namespace pgcontract::compare
