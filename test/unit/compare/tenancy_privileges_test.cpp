// Grants, default privileges, CREATE and TEMPORARY.
#include <chrono>

#include "tenancy_world.hpp"

namespace pgcontract::compare {
namespace {

const std::string kSchemaName = "tenant_" + kTenantHex;
const std::string kRoleName = "app_tenant_" + kTenantHex;
const std::string kOtherRole = "app_tenant_" + kOtherHex;

TEST(TenancyGrants, TheGroupHoldsExactlyItsPrivileges) {
  TenancyWorld world;
  world.relation(kReports).acl = "{pgc_owner=arwdDxt/pgc_owner,pgc_tenant=arD/pgc_owner}";
  const auto findings = world.judge(kTenancyGrants).findings;
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].subject.label(), "stratmaster_api.reports.pgc_tenant");
  EXPECT_EQ(findings[0].message, "pgc_tenant holds TRUNCATE, wanted INSERT, SELECT, UPDATE, DELETE");
  EXPECT_EQ(findings[0].tags, (Lines{"excess", "letters:D", "grantee:pgc_tenant"}));
  EXPECT_EQ(findings[1].message, "pgc_tenant lacks UPDATE, DELETE");
  EXPECT_EQ(findings[1].tags, (Lines{"missing", "letters:wd", "grantee:pgc_tenant"}));
}

TEST(TenancyGrants, ANullAclGrantsNothingToAnybody) {
  TenancyWorld world;
  world.relation(kReports).acl = {};
  EXPECT_EQ(world.said(kTenancyGrants),
            Lines{"stratmaster_api.reports.pgc_tenant: pgc_tenant lacks INSERT, SELECT, UPDATE, DELETE"});
}

TEST(TenancyGrants, PublicHoldsNothingInGovernedSchemas) {
  TenancyWorld world;
  world.relation(kStatus).acl = "{pgc_owner=arwdDxt/pgc_owner,pgc_tenant=r/pgc_owner,=r/pgc_owner}";
  world.schema(kTenantSchema).acl = world.text("{pgc_owner=UC/pgc_owner,=U/pgc_owner," + kRoleName + "=U/pgc_owner}");
  EXPECT_EQ(world.said(kTenancyGrants),
            (Lines{"stratmaster_api.ref_report_status.public: PUBLIC holds SELECT, wanted nothing",
                   kSchemaName + ".public: PUBLIC holds USAGE, wanted nothing"}));
}

TEST(TenancyGrants, PartitionsPlainTablesAndTheLedgerAreNotForTenants) {
  TenancyWorld world;
  world.relation(kStatus).name = "agents_workers";
  Relation partition = world.relation(kReports);
  partition.oid = 210;
  partition.name = "reports_2026";
  partition.is_partition = true;
  world.o.relations.push_back(partition);
  Relation registry = world.relation(kStatus);
  registry.oid = 211;
  registry.schema = kLedger;
  registry.name = "tenant";
  world.o.relations.push_back(registry);
  Column column = world.o.columns[0];
  column.relation = 210;
  world.o.columns.push_back(column);
  EXPECT_EQ(world.said(kTenancyGrants),
            (Lines{"pgcontract.tenant.pgc_tenant: pgc_tenant holds SELECT, wanted nothing",
                   "stratmaster_api.agents_workers.pgc_tenant: pgc_tenant holds SELECT, wanted nothing",
                   "stratmaster_api.reports_2026.pgc_tenant: pgc_tenant holds INSERT, SELECT, UPDATE, DELETE, wanted "
                   "nothing"}));
}

TEST(TenancyGrants, AViewMayBeForTenantsAMaterializedOneNot) {
  TenancyWorld world;
  Relation view = world.relation(kStatus);
  view.oid = 210;
  view.name = "agents_summary";
  view.kind = 'v';
  world.o.relations.push_back(view);
  EXPECT_EQ(world.said(kTenancyGrants), Lines{});
  world.relation(210).kind = 'm';
  EXPECT_EQ(world.said(kTenancyGrants).size(), 1u);
}

TEST(TenancyGrants, ATenantOnAnothersTableAndOnSharedOnes) {
  TenancyWorld world;
  world.add_tenant(kOtherHex, 21, 110);
  world.relation(kNotes).acl =
      world.text("{pgc_owner=arwdDxt/pgc_owner," + kRoleName + "=arwd/pgc_owner," + kOtherRole + "=r/pgc_owner}");
  world.relation(kReports).acl =
      world.text("{pgc_owner=arwdDxt/pgc_owner,pgc_tenant=arwd/pgc_owner," + kRoleName + "=r/pgc_owner}");
  world.schema(kPublic).acl = world.text("{postgres=UC/postgres,=U/postgres," + kRoleName + "=U/postgres}");
  const auto said = world.said(kTenancyGrants);
  ASSERT_EQ(said.size(), 3u);
  EXPECT_TRUE(said[0].starts_with("public." + kRoleName + ": ")) << said[0];
  EXPECT_TRUE(said[1].starts_with("stratmaster_api.reports." + kRoleName + ": ")) << said[1];
  EXPECT_TRUE(said[2].starts_with(kSchemaName + ".research_notes." + kOtherRole + ": ")) << said[2];
}

TEST(TenancyGrants, OtherRolesAreTheTeamsBusiness) {
  TenancyWorld world;
  world.relation(kReports).acl =
      "{pgc_owner=arwdDxt/pgc_owner,pgc_tenant=arwd/pgc_owner,auditor=r*/pgc_owner,bi=r/auditor}";
  EXPECT_EQ(world.said(kTenancyGrants), Lines{});
}

TEST(TenancyGrants, GrantOptionsAndForeignGrantors) {
  TenancyWorld world;
  world.relation(kReports).acl =
      "{pgc_owner=arwdDxt/pgc_owner,pgc_tenant=ar*wd/pgc_owner,auditor=r*/pgc_owner,=r/auditor}";
  const auto findings = world.judge(kTenancyGrants).findings;
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].tags, (Lines{"grant_option", "letters:r", "grantee:pgc_tenant"}));
  EXPECT_EQ(findings[1].tags, (Lines{"excess", "letters:r", "grantee:public", "grantor:auditor"}));
}

TEST(TenancyGrants, TheVersionTableIsNotTheTenants) {
  TenancyWorld world;
  world.relation(kTenantVersion).acl = world.relation(kNotes).acl;
  EXPECT_EQ(world.only(kTenancyGrants).subject.label(), kSchemaName + ".alembic_version." + kRoleName);
}

TEST(TenancyGrants, ColumnsToo) {
  TenancyWorld world;
  world.o.columns[1].acl = "{=r/pgc_owner,auditor=r/pgc_owner}";
  const Finding finding = world.only(kTenancyGrants);
  EXPECT_EQ(finding.subject.label(), "stratmaster_api.reports.id");
  EXPECT_EQ(finding.tags, (Lines{"excess", "letters:r", "grantee:public", "column:id"}));
}

TEST(TenancyGrants, WhatIsNotRegisteredNeedsNoGrants) {
  TenancyWorld world;
  world.o.registry.tenants.clear();
  world.relation(kNotes).acl = {};
  world.schema(kTenantSchema).acl = {};
  world.o.default_acls.resize(1);  // that on functions
  EXPECT_EQ(world.said(kTenancyGrants), Lines{});
}

TEST(TenancyGrants, DefaultPrivileges) {
  TenancyWorld world;
  world.o.default_acls.resize(1);  // that on functions
  Finding finding = world.only(kTenancyGrants);
  EXPECT_EQ(finding.subject.label(), kSchemaName + "." + kRoleName);
  EXPECT_EQ(finding.tags, (Lines{"missing", "letters:arwd", "grantee:" + kRoleName, "default_acl", "role:pgc_owner",
                                 "objects:TABLES"}));
  TenancyWorld more;
  more.o.default_acls.push_back({kOwner, kApi, 'r', "{=r/pgc_owner}"});
  finding = more.only(kTenancyGrants);
  EXPECT_EQ(finding.subject.label(), "stratmaster_api.public");
  EXPECT_EQ(finding.message, "PUBLIC would hold SELECT on new tables of pgc_owner");
}

TEST(TenancyGrants, DefaultPrivilegesForAllSchemasRepeatTheBuiltIn) {
  TenancyWorld world;
  world.o.default_acls.front().acl = "{pgc_owner=X/pgc_owner,auditor=X/pgc_owner}";
  EXPECT_EQ(world.said(kTenancyGrants), Lines{});
  world.o.default_acls.push_back({kOwner, 0, 'S', "{pgc_owner=rwU/pgc_owner,pgc_tenant=U/pgc_owner}"});
  EXPECT_EQ(world.said(kTenancyGrants), Lines{"pgc_tenant: pgc_tenant would hold USAGE on new sequences of pgc_owner"});
}

TEST(TenancyGrants, NewFunctionsAreNotPublic) {
  TenancyWorld world;
  world.o.default_acls.front().acl = "{=X/pgc_owner,pgc_owner=X/pgc_owner}";
  const Finding finding = world.only(kTenancyGrants);
  EXPECT_EQ(finding.message, "PUBLIC would hold EXECUTE on new functions of pgc_owner");
  EXPECT_EQ(finding.tags,
            (Lines{"excess", "letters:X", "grantee:public", "default_acl", "role:pgc_owner", "objects:FUNCTIONS"}));
  TenancyWorld built_in;
  built_in.o.default_acls.erase(built_in.o.default_acls.begin());
  EXPECT_EQ(built_in.said(kTenancyGrants), Lines{"public: PUBLIC would hold EXECUTE on new functions of pgc_owner"});
}

TEST(TenancyGrants, AThousandTenantsOfTwentyTablesAreQuick) {
  TenancyWorld world;
  for (Oid i = 0; i < 1000; ++i) {
    const std::string hex = fmt::format("{:032x}", i);
    world.add_tenant(hex, 10'000 + i, 20'000 + i);
    const Text acl = world.text("{pgc_owner=arwdDxt/pgc_owner,app_tenant_" + hex + "=arwd/pgc_owner}");
    for (Oid t = 0; t < 20; ++t) {
      Relation relation{};
      relation.oid = 100'000 + i * 20 + t;
      relation.schema = 20'000 + i;
      relation.name = world.text(fmt::format("research_{:02}", t));
      relation.owner = kOwner;
      relation.acl = acl;
      world.o.relations.push_back(relation);
    }
  }
  world.o.seal();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(kTenancyGrants.check({world.contract, world.environment, world.o, Date{}}).findings.size(), 0u);
  const auto took = std::chrono::steady_clock::now() - begin;
  // The budget is 150 ms of an optimised build; this one is not, and shares its machine.
  EXPECT_LT(std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), 1500);
  RecordProperty("milliseconds", std::to_string(std::chrono::duration<double, std::milli>(took).count()));
}

TEST(TenancyNoCreate, ANewDatabaseGivesTooMuch) {
  TenancyWorld world;
  world.o.databases[0].acl = {};
  const auto findings = world.judge(kTenancyNoCreateNoTemp).findings;
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].subject.label(), "app.public");
  EXPECT_EQ(findings[0].message, "PUBLIC holds TEMPORARY, CONNECT, wanted nothing");
  EXPECT_EQ(findings[0].tags, (Lines{"excess", "letters:Tc", "grantee:public"}));
  EXPECT_EQ(findings[1].tags, (Lines{"missing", "letters:c", "grantee:pgc_tenant"}));
}

TEST(TenancyNoCreate, TenantsConnectAndNoMore) {
  TenancyWorld world;
  world.o.databases[0].acl =
      world.text("{postgres=CTc/postgres,pgc_tenant=Tc/postgres," + kRoleName + "=Cc/postgres,dev=CTc/postgres}");
  EXPECT_EQ(world.said(kTenancyNoCreateNoTemp),
            (Lines{"app." + kRoleName + ": " + kRoleName + " holds CREATE, wanted CONNECT",
                   "app.pgc_tenant: pgc_tenant holds TEMPORARY, wanted CONNECT"}));
}

TEST(TenancyNoCreate, NoSchemaIsForEverybodyToCreateIn) {
  TenancyWorld world;
  world.schema(kPublic).acl = "{postgres=UC/postgres,=UC/postgres}";
  const Finding finding = world.only(kTenancyNoCreateNoTemp);
  EXPECT_EQ(finding.subject.label(), "public.public");
  EXPECT_EQ(finding.message, "PUBLIC holds CREATE");
  EXPECT_EQ(world.said(kTenancyGrants), Lines{});  // one defect, one finding
}

}  // namespace
}  // namespace pgcontract::compare
