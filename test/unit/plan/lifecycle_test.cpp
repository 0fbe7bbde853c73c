// Plans of the acts on tenants, over a literal world.
#include "plan/lifecycle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/compare/tenancy_world.hpp"

namespace pgcontract::plan {
namespace {

using compare::TenancyWorld;
using ::testing::HasSubstr;
using ::testing::Not;

struct PlanWorld : TenancyWorld {
  explicit PlanWorld(int tables = 0) {
    for (int i = 0; i < tables; ++i) {
      Relation table{};
      table.oid = 5000 + static_cast<Oid>(i);
      table.schema = compare::kTenantSchema;
      table.name = text(fmt::format("many_{}", i));
      table.kind = 'r';
      o.relations.push_back(table);
    }
    o.seal();
  }
  Judged view() const { return {contract, environment, o, {}}; }
  Plan deletion(int workers = 1, std::int64_t large_objects = 0) const {
    const std::vector<Uuid> tenants = {id()};
    return delete_tenants(view(), {tenants, {{id(), large_objects}}, workers});
  }
};

std::string all(const Plan& plan) {
  std::string text;
  for (const auto& step : plan.steps)
    for (const auto& statement : step.statements) text += statement + ";\n";
  return text;
}

TEST(Lifecycle, suspension_commits_nologin_before_it_ends_sessions) {
  const PlanWorld world;
  const std::vector<Uuid> tenants = {world.id()};
  const Plan plan = suspend_tenants(world.view(), tenants);
  ASSERT_EQ(plan.steps.size(), 2U);
  EXPECT_THAT(plan.steps[0].statements[0], HasSubstr("NOLOGIN"));
  EXPECT_THAT(plan.steps[0].statements.back(), HasSubstr("tenant_suspended"));
  EXPECT_THAT(plan.steps[1].statements[0], HasSubstr("pg_terminate_backend"));
}

TEST(Lifecycle, deletion_asks_first_and_looks_again_last) {
  const Plan plan = PlanWorld().deletion();
  EXPECT_THAT(plan.steps.front().statements[0], HasSubstr("publications name"));
  EXPECT_THAT(plan.steps.back().statements.back(), HasSubstr("tenant_absent"));
  int number = 0;
  for (const auto& step : plan.steps) {
    EXPECT_EQ(step.number, ++number);
    EXPECT_TRUE(step.tenant);
    EXPECT_FALSE(step.undo.empty());
  }
}

TEST(Lifecycle, what_is_left_is_looked_for_by_the_roles_number) {
  const Plan plan = PlanWorld().deletion();
  EXPECT_THAT(plan.steps.back().statements.back(),
              HasSubstr(fmt::format("a.usesysid OPERATOR(pg_catalog.=) {}::pg_catalog.oid", compare::kTenantRole)));
}

TEST(Lifecycle, shared_rows_are_deleted_in_the_tenants_role_with_row_security_on) {
  const std::string text = all(PlanWorld().deletion());
  const auto role = text.find("SET LOCAL ROLE app_tenant_");
  const auto on = text.find("SET LOCAL row_security = on");
  const auto gone = text.find("DELETE FROM stratmaster_api.reports");
  const auto back = text.find("RESET ROLE");
  EXPECT_TRUE(role < on && on < gone && gone < back && back != std::string::npos) << text;
}

TEST(Lifecycle, a_role_that_a_restore_did_not_bring_is_made_for_the_deletion) {
  PlanWorld world;
  std::erase_if(world.o.roles, [](const Role& r) { return r.oid == compare::kTenantRole; });
  EXPECT_THAT(all(world.deletion()), HasSubstr("CREATE ROLE app_tenant_"));
  EXPECT_THAT(all(world.deletion()), Not(HasSubstr("ALTER ROLE")));
}

TEST(Lifecycle, a_small_schema_goes_in_one_transaction) { EXPECT_EQ(PlanWorld(100).deletion().steps.size(), 4U); }

TEST(Lifecycle, a_large_schema_goes_in_as_many_as_the_locks_allow) {
  const auto steps = PlanWorld(2000).deletion().steps.size();
  EXPECT_GT(steps, 6U);
  EXPECT_GT(PlanWorld(2000).deletion(4).steps.size(), 2 * steps);
}

TEST(Lifecycle, every_table_is_described_once_and_dropped_once) {
  const std::string text = all(PlanWorld(2000).deletion());
  for (int i = 0; i < 2000; i += 97) {
    std::size_t described = 0;
    const std::string from = fmt::format("FROM ONLY tenant_{}.many_{} AS", compare::kTenantHex, i);
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) ++described;
    EXPECT_EQ(described, 1U) << i;
  }
}

TEST(Lifecycle, large_objects_are_unlinked_a_thousand_at_a_time) {
  EXPECT_EQ(PlanWorld().deletion(1, 2500).steps.size(), 6U);
  EXPECT_EQ(PlanWorld().deletion(1, 1000).steps.size(), 4U);
}

TEST(Lifecycle, names_with_quotes_stay_names) {
  const Plan plan = rename_tenant(PlanWorld().id(), "O'Neill $pgcontract$");
  EXPECT_THAT(plan.steps[0].statements[0], HasSubstr("'O''Neill $pgcontract$'"));
}

}  // namespace
}  // namespace pgcontract::plan
