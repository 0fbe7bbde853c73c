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

}  // namespace
}  // namespace pgcontract::compare
