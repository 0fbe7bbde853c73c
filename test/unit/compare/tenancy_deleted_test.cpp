// tenancy.deleted_stay_deleted: what a restore brought back, and what a restore would bring back.
#include <gtest/gtest.h>

#include "tenancy_world.hpp"

namespace pgcontract::compare {
namespace {

struct DeletedWorld : TenancyWorld {
  RegisteredTenant& tenant() { return o.registry.tenants.front(); }
  void bury(Text at) { o.tombstones.push_back({id(), at, "hash"}); }
  void mark_deleted(Text at) {
    tenant().state = "deleted";
    tenant().deleted_at = at;
  }
  void forget_objects() {
    std::erase_if(o.schemas, [](const Schema& s) { return s.oid == kTenantSchema; });
    std::erase_if(o.roles, [](const Role& r) { return r.oid == kTenantRole; });
  }
  Lines found() {
    o.seal();
    Lines lines;
    const Judged view{contract, environment, o, {}};
    for (const auto& finding : kTenancyDeletedStayDeleted.check(view).findings) lines.push_back(finding.message);
    return lines;
  }
};

TEST(DeletedStayDeleted, holds_where_nothing_was_deleted) { EXPECT_EQ(DeletedWorld().found(), Lines{}); }

TEST(DeletedStayDeleted, holds_where_the_tenant_is_gone_and_its_tombstone_kept) {
  DeletedWorld world;
  world.mark_deleted("2026-05-01T00:00:00.000Z");
  world.bury("2026-05-01T00:00:00.000Z");
  world.forget_objects();
  EXPECT_EQ(world.found(), Lines{});
}

TEST(DeletedStayDeleted, finds_what_a_restore_brought_back) {
  DeletedWorld world;
  world.bury("2026-05-01T00:00:00.000Z");
  EXPECT_EQ(world.found(), Lines{"was deleted at 2026-05-01T00:00:00.000Z, and here again: its schema, its role, its "
                                 "place in the registry"});
}

TEST(DeletedStayDeleted, believes_a_registry_that_added_the_tenant_later) {
  DeletedWorld world;
  world.bury("2025-05-01T00:00:00.000Z");
  world.tenant().created_at = "2026-01-01T00:00:00.000Z";
  EXPECT_EQ(world.found(), Lines{});
}

TEST(DeletedStayDeleted, judges_by_the_last_of_several_deletions) {
  DeletedWorld world;
  world.bury("2025-05-01T00:00:00.000Z");
  world.bury("2026-09-01T00:00:00.000Z");
  world.tenant().created_at = "2026-01-01T00:00:00.000Z";
  EXPECT_EQ(world.found().size(), 1U);
}

TEST(DeletedStayDeleted, finds_a_tombstone_that_no_file_keeps) {
  DeletedWorld world;
  world.mark_deleted("2026-05-01T00:00:00.000Z");
  world.forget_objects();
  EXPECT_EQ(world.found(), Lines{"was deleted at 2026-05-01T00:00:00.000Z, which tombstones.jsonl does not tell: the "
                                 "restore of an older backup would bring it back"});
}

}  // namespace
}  // namespace pgcontract::compare
