// Schemas, roles and logins of tenants.
#include "tenancy_world.hpp"

namespace pgcontract::compare {
namespace {

const std::string kSchemaName = "tenant_" + kTenantHex;
const std::string kRoleName = "app_tenant_" + kTenantHex;
const std::string kOtherRole = "app_tenant_" + kOtherHex;

void add_role(TenancyWorld& world, Oid oid, const std::string& name, bool login = true) {
  Role role{};
  role.oid = oid;
  role.name = world.text(name);
  role.login = login;
  world.o.roles.push_back(role);
}

TEST(TenancySchemaPerTenant, MissingAndForeignOwner) {
  TenancyWorld world;
  world.schema(kTenantSchema).owner = kPostgres;
  Finding finding = world.only(kTenancySchemaPerTenant);
  EXPECT_EQ(finding.message, "is owned by postgres, wanted pgc_owner");
  EXPECT_TRUE(finding.tagged("owner"));
  std::erase_if(world.o.schemas, [](const Schema& s) { return s.oid == kTenantSchema; });
  finding = world.only(kTenancySchemaPerTenant);
  EXPECT_EQ(finding.subject.label(), kSchemaName);
  EXPECT_EQ(finding.message, "is missing, tenant 11111111-1111-4111-8111-111111111111 is registered");
  EXPECT_TRUE(finding.tagged("missing"));
}

TEST(TenancySchemaPerTenant, SchemasWithoutATenant) {
  TenancyWorld world;
  world.o.registry.tenants[0].state = "deleted";
  EXPECT_EQ(world.only(kTenancySchemaPerTenant).message, "belongs to a tenant that was deleted");
  world.o.registry.tenants.clear();
  const Finding finding = world.only(kTenancySchemaPerTenant);
  EXPECT_EQ(finding.message, "belongs to no tenant of the registry");
  EXPECT_TRUE(finding.tagged("unregistered"));
  EXPECT_EQ(finding.consider, "DROP SCHEMA " + kSchemaName + " RESTRICT");
}

TEST(TenancySchemaPerTenant, NamesThatAreAlmostATenants) {
  for (const std::string name :
       {"tenant_22222222-2222-4222-8222-222222222222", "TENANT_22222222222242228222222222222222", "tenant_acme",
        "tenant_2222222222224222822222222222222"}) {
    TenancyWorld world;
    world.o.schemas.push_back({150, world.text(name), kOwner, {}, {}});
    EXPECT_TRUE(world.only(kTenancySchemaPerTenant).tagged("misspelt")) << name;
  }
  TenancyWorld world;
  world.o.schemas.push_back({150, "tenant_22222222-2222-4222-8222-222222222222", kOwner, {}, {}});
  EXPECT_EQ(world.only(kTenancySchemaPerTenant).consider,
            "ALTER SCHEMA \"tenant_22222222-2222-4222-8222-222222222222\" RENAME TO tenant_" + kOtherHex);
}

TEST(TenancySchemaPerTenant, OtherSchemasAreNobodysTenant) {
  TenancyWorld world;
  world.contract.tenancy->schema_pattern = "{id}";
  world.o.schemas.push_back({150, "tenants", kOwner, {}, {}});
  world.o.registry.tenants.clear();
  EXPECT_EQ(world.said(kTenancySchemaPerTenant), Lines{});
}

TEST(TenancyRolePerTenant, Attributes) {
  TenancyWorld world;
  world.role(kTenantRole).superuser = true;
  world.role(kTenantRole).inherits = false;
  const Finding finding = world.only(kTenancyRolePerTenant);
  EXPECT_EQ(finding.message, "is SUPERUSER NOINHERIT, wanted NOSUPERUSER INHERIT");
  EXPECT_EQ(finding.tags, (Lines{"attributes", "wanted:NOSUPERUSER INHERIT"}));
}

TEST(TenancyRolePerTenant, ASuspendedTenantCannotLogIn) {
  TenancyWorld world;
  world.o.registry.tenants[0].state = "suspended";
  EXPECT_EQ(world.only(kTenancyRolePerTenant).message, "is LOGIN, its tenant is suspended, wanted NOLOGIN");
  world.role(kTenantRole).login = false;
  EXPECT_EQ(world.said(kTenancyRolePerTenant), Lines{});
}

TEST(TenancyRolePerTenant, Membership) {
  TenancyWorld world;
  world.o.memberships.push_back({kOwner, kTenantRole, false, true, true});
  EXPECT_EQ(world.said(kTenancyRolePerTenant),
            (Lines{kRoleName + ".pgc_owner: is a member of pgc_owner, wanted of pgc_tenant only"}));
  std::erase_if(world.o.memberships, [](const Membership& m) { return m.member == kTenantRole; });
  const Finding finding = world.only(kTenancyRolePerTenant);
  EXPECT_EQ(finding.message, "is not a member of pgc_tenant");
  EXPECT_EQ(finding.tags, (Lines{"membership", "missing"}));
}

TEST(TenancyRolePerTenant, From16EachGrantHasOptionsThatAddUp) {
  TenancyWorld world(160014);
  world.o.memberships.push_back({kGroup, kTenantRole, true, false, true});
  EXPECT_EQ(world.only(kTenancyRolePerTenant).message,
            "is a member of pgc_tenant with INHERIT TRUE, SET TRUE, ADMIN TRUE, wanted INHERIT TRUE, SET FALSE, ADMIN "
            "FALSE");
  TenancyWorld before;
  before.o.memberships.back().admin = true;
  EXPECT_TRUE(before.only(kTenancyRolePerTenant).tagged("admin"));
}

TEST(TenancyRolePerTenant, TheSettingForThisDatabaseIsTheOneInForce) {
  TenancyWorld world;
  auto& settings = world.role(kTenantRole).settings;
  settings.insert(settings.begin(), "search_path=public");
  settings.push_back("statement_timeout=1000");
  const Finding finding = world.only(kTenancyRolePerTenant);
  EXPECT_EQ(finding.message, "has setting search_path=public, wanted search_path=" + kSchemaName + ", stratmaster_api");
  settings.clear();
  EXPECT_NE(world.only(kTenancyRolePerTenant).message.find("lacks setting app.tenant_id=11111111-1111-"),
            std::string::npos);
}

TEST(TenancyRolePerTenant, OwnsNothing) {
  TenancyWorld world;
  world.relation(kNotes).owner = kTenantRole;
  world.o.functions[0].owner = kTenantRole;
  const Finding finding = world.only(kTenancyRolePerTenant);
  EXPECT_EQ(finding.message, "owns table " + kSchemaName + ".research_notes and 1 more, wanted nothing");
  EXPECT_TRUE(finding.tagged("owns"));
  EXPECT_EQ(finding.consider, "REASSIGN OWNED BY " + kRoleName + " TO pgc_owner");
}

TEST(TenancyRolePerTenant, MissingAndUnregistered) {
  TenancyWorld world;
  add_role(world, 30, kOtherRole);
  EXPECT_TRUE(world.only(kTenancyRolePerTenant).tagged("unregistered"));
  std::erase_if(world.o.roles, [](const Role& r) { return r.oid == 30 || r.oid == kTenantRole; });
  const Finding finding = world.only(kTenancyRolePerTenant);
  EXPECT_EQ(finding.subject.label(), kRoleName);
  EXPECT_TRUE(finding.tagged("missing"));
}

struct Logins : TenancyWorld {
  explicit Logins(int version = 150020) : TenancyWorld(version) {
    add_role(*this, 21, kOtherRole);
    add_role(*this, 30, "api");
    add_role(*this, 31, "api_group", false);
  }
  void grant(Oid role, Oid member, bool inherit = true, bool set = true, bool admin = false) {
    o.memberships.push_back({role, member, admin, inherit, set});
  }
};

TEST(TenancyLogin, ASharedLoginIsShownWithItsPathsAndTheAttack) {
  Logins world;
  world.grant(kTenantRole, 31);
  world.grant(21, 31);
  world.grant(31, 30);
  const Finding finding = world.only(kTenancyLoginReachesOneTenant);
  EXPECT_EQ(finding.subject.label(), "api");
  EXPECT_EQ(finding.message, "reaches tenants it is not: api -> api_group -> " + kRoleName + ", api -> api_group -> " +
                                 kOtherRole + "; attack: SET ROLE " + kRoleName + "; RESET ROLE; SET ROLE " +
                                 kOtherRole);
  EXPECT_EQ(finding.consider, "REVOKE api_group FROM api");
  EXPECT_EQ(finding.tags, (Lines{"reaches:" + kRoleName, "reaches:" + kOtherRole}));
}

TEST(TenancyLogin, ATenantThatReachesAnother) {
  Logins world;
  world.grant(21, kTenantRole);
  EXPECT_EQ(world.said(kTenancyLoginReachesOneTenant),
            (Lines{kRoleName + ": reaches another tenant: " + kRoleName + " -> " + kOtherRole + "; attack: SET ROLE " +
                   kOtherRole}));
}

TEST(TenancyLogin, NobodyLogsInAsAGroupAndSuperusersAreNotJudged) {
  Logins world;
  world.grant(kTenantRole, 31);
  world.grant(21, 31);
  world.grant(21, kPostgres);
  EXPECT_EQ(world.said(kTenancyLoginReachesOneTenant), Lines{});
}

TEST(TenancyLogin, From16TheOptionsOfEachGrantCount) {
  Logins inherits(160014);
  inherits.grant(21, 30, true, false);
  EXPECT_EQ(inherits.only(kTenancyLoginReachesOneTenant).message,
            "reaches tenants it is not: api -inherits-> " + kOtherRole + "; attack: no statement needed");
  Logins admits(160014);
  admits.grant(21, 30, false, false, true);
  EXPECT_EQ(admits.only(kTenancyLoginReachesOneTenant).message, "reaches tenants it is not: api -admits itself to-> " +
                                                                    kOtherRole + "; attack: GRANT " + kOtherRole +
                                                                    " TO api; SET ROLE " + kOtherRole);
  Logins nothing(160014);
  nothing.grant(21, 30, false, false, false);
  EXPECT_EQ(nothing.said(kTenancyLoginReachesOneTenant), Lines{});
  // The privileges of a group do not let one SET ROLE on from it.
  Logins stops(160014);
  stops.grant(31, 30, true, false);
  stops.grant(21, 31, false, true);
  EXPECT_EQ(stops.said(kTenancyLoginReachesOneTenant), Lines{});
}

TEST(TenancyLogin, TenThousandTenantsBehindOneGroupAreQuick) {
  Logins world;
  world.grant(31, 30);
  for (Oid i = 0; i < 10'000; ++i) {
    add_role(world, 1000 + i, fmt::format("app_tenant_{:032x}", i));
    world.grant(1000 + i, 31);
    world.grant(31, 1000 + i);  // a circle, which PostgreSQL would refuse, must not hang us
  }
  EXPECT_TRUE(any_contains(world.said(kTenancyLoginReachesOneTenant), "api: reaches tenants it is not"));
}

}  // namespace
}  // namespace pgcontract::compare
