// The design's roles, where PostgreSQL 16 changed what a membership gives.
#include "tenancy_world.hpp"

namespace pgcontract::compare {
namespace {

Membership& migrators(TenancyWorld& world) {
  return *std::ranges::find(world.o.memberships, kMigrator, &Membership::member);
}

TEST(TenancyDesignRoles, TheMigratorAsksForTheOwnersRights) {
  TenancyWorld world;
  world.o.server.version_num = 160014;
  world.role(kMigrator).inherits = false;
  EXPECT_EQ(world.said(kTenancyDesignRoles), Lines{});
  migrators(world).inherit = true;
  EXPECT_EQ(world.said(kTenancyDesignRoles),
            Lines{"pgc_owner.pgc_migrator: pgc_migrator inherits its rights, wanted by SET ROLE only"});
  EXPECT_EQ(world.judge(kTenancyDesignRoles).findings[0].tags, Lines{"membership"});
  migrators(world).set = false;
  EXPECT_EQ(world.said(kTenancyDesignRoles), Lines{"pgc_owner.pgc_migrator: pgc_migrator may not become it"});
}

TEST(TenancyDesignRoles, NobodyElseIsAMember) {
  TenancyWorld world;
  world.role(kMigrator).inherits = false;
  const auto add = [&](Oid oid, Text name) -> Role& {
    Role role{};
    role.oid = oid;
    role.name = name;
    world.o.roles.push_back(role);
    return world.o.roles.back();
  };
  add(60, "administrator").create_role = true;  // from 16 on a member of what it made
  add(61, "api");
  for (const Oid member : {Oid{60}, Oid{61}})
    for (const Oid role : {kOwner, kDefiner, kMigrator}) world.o.memberships.push_back({role, member});
  world.o.memberships.push_back({kOwner, kGroup});
  world.o.memberships.push_back({kOwner, kTenantRole});  // tenancy.role_per_tenant's
  std::ranges::find(world.o.memberships, kMigrator, &Membership::member)->admin = true;
  EXPECT_EQ(world.said(kTenancyDesignRoles),
            (Lines{"pgc_definer.api: api is a member of it, wanted nobody",
                   "pgc_migrator.api: api is a member of it, wanted nobody",
                   "pgc_owner.api: api is a member of it, wanted nobody but pgc_migrator",
                   "pgc_owner.pgc_migrator: pgc_migrator may admit others to it, wanted no ADMIN OPTION",
                   "pgc_owner.pgc_tenant: pgc_tenant is a member of it, wanted of nothing"}));
}

}  // namespace
}  // namespace pgcontract::compare
