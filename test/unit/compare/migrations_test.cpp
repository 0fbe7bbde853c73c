// The clauses of area migrations.

#include "compare/migrations/version_rows.hpp"
#include "unit/compare/literal_world.hpp"

namespace pgcontract::compare {
namespace {

constexpr std::string_view kClauses[] = {"migrations.alembic_readable", "migrations.single_head", "migrations.at_head",
                                         "migrations.tenants_in_step"};

TEST(Migrations, HoldAtTheHeads) {
  LiteralWorld world;
  for (const auto clause : kClauses) EXPECT_EQ(world.said(clause), Lines{"holds"}) << clause;
}

TEST(Migrations, HoldWithoutTheSectionAndSaySo) {
  LiteralWorld world;
  world.contract.migrations.reset();
  for (const auto clause : kClauses) EXPECT_EQ(world.judged(clause).reason, "no migrations in the contract") << clause;
}

TEST(Migrations, AreUnknownWhileFilesCannotBeRead) {
  LiteralWorld world;
  world.seen.migrations.application.problems = {{"v/1.py:3", "down_revision \"x\" does not exist", "Restore it."}};
  const auto readable = world.judged("migrations.alembic_readable");
  ASSERT_EQ(readable.findings.size(), 1u);
  EXPECT_EQ(readable.findings[0].where, "v/1.py:3");
  EXPECT_EQ(readable.findings[0].message, "down_revision \"x\" does not exist (Restore it.)");
  EXPECT_EQ(world.judged("migrations.at_head").verdict, Verdict::Unknown);
  EXPECT_EQ(world.judged("migrations.single_head").verdict, Verdict::Unknown);
  EXPECT_EQ(world.judged("migrations.tenants_in_step").verdict, Verdict::Holds) << "its files can be read";
  EXPECT_EQ(world.judged("migrations.at_head").reason,
            "the migration files have 1 problem: see migrations.alembic_readable");
}

TEST(Migrations, WithoutTheirSectionAreNotReadable) {
  LiteralWorld world;
  world.seen.migrations.application = {};
  EXPECT_EQ(world.said("migrations.alembic_readable"),
            (Lines{"broken", "packages/api/alembic.ini: has no section [alembic]"}));
  EXPECT_EQ(world.judged("migrations.at_head").verdict, Verdict::Unknown);
}

TEST(SingleHead, NamesTheHeadsOfEachGraph) {
  LiteralWorld world;
  world.seen.migrations.tenant = LiteralWorld::graph("tenant", {{"t1", {}}, {"t2", {"t1"}}, {"t3", {"t1"}}});
  world.seen.migrations.tenant.revisions[2].file = "v/t3.py";
  world.seen.migrations.tenant.revisions[2].line = 9;
  const auto result = world.judged("migrations.single_head");
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].subject.label(), "packages/api/alembic.ini [tenant]");
  EXPECT_EQ(result.findings[0].message, "has 2 heads, the contract asks for one: t2, t3");
  EXPECT_EQ(result.findings[0].consider, "alembic -c packages/api/alembic.ini -n tenant merge t2 t3");
  EXPECT_EQ(result.findings[0].where, "v/t3.py:9");
}

TEST(AtHead, CountsWhatIsMissing) {
  LiteralWorld world;
  world.rows(LiteralWorld::kApplication, {"a1"});
  EXPECT_EQ(world.said("migrations.at_head"),
            (Lines{"broken", "stratmaster_api.alembic_version: is at a1, 1 revision behind a2"}));
  EXPECT_TRUE(world.judged("migrations.at_head").findings[0].tagged("behind"));
  world.rows(LiteralWorld::kApplication, {});
  EXPECT_EQ(world.said("migrations.at_head"),
            (Lines{"broken", "stratmaster_api.alembic_version: is at the base, 2 revisions behind a2"}));
}

TEST(AtHead, TellsMissingUnknownAndSurplusRowsApart) {
  LiteralWorld world;
  world.seen.version_tables.clear();
  EXPECT_TRUE(world.judged("migrations.at_head").findings.at(0).tagged("missing"));
  world.rows(LiteralWorld::kApplication, {"a2", "zz"});
  auto finding = world.judged("migrations.at_head").findings.at(0);
  EXPECT_TRUE(finding.tagged("unknown_revision"));
  EXPECT_EQ(finding.message, "names revision zz, which no file has");
  world.rows(LiteralWorld::kApplication, {"a1", "a2"});
  finding = world.judged("migrations.at_head").findings.at(0);
  EXPECT_TRUE(finding.tagged("surplus"));
  EXPECT_EQ(finding.message, "holds a1, a2, at the head it holds a2 alone");
}

TEST(AtHead, MissesTheTableWhereTheSchemaIsNotThereYet) {
  LiteralWorld world;
  world.contract.schemas.application.name = "new_api";
  EXPECT_EQ(world.said("migrations.at_head"),
            (Lines{"broken", "new_api.alembic_version: does not exist: no migration has run here"}));
}

TEST(AtHead, NeedsNoTableWhereThereIsNoRevision) {
  LiteralWorld world;
  world.seen.migrations.application = LiteralWorld::graph("alembic", {});
  world.seen.version_tables.clear();
  EXPECT_EQ(world.judged("migrations.at_head").reason, "no revisions");
  EXPECT_EQ(world.judged("migrations.at_head").verdict, Verdict::Holds);
}

TEST(VersionRows, LeaveOutHeadsThatOthersDependOn) {
  // b1 is a head of its own branch, but a2 depends on it: Alembic deletes its row when it applies a2.
  auto graph = LiteralWorld::graph("alembic", {{"b1", {}}, {"a1", {}}, {"a2", {"a1"}}});
  graph.revisions[2].depends_on = {"b1"};
  EXPECT_EQ(VersionRows(graph).wanted(), std::vector<std::string>{"a2"});
  graph.revisions[0].labels = {"lookups"};
  graph.revisions[2].depends_on = {"lookups"};
  EXPECT_EQ(VersionRows(graph).wanted(), std::vector<std::string>{"a2"});
}

TEST(VersionRows, CountADependencyAsApplied) {
  LiteralWorld world;
  world.seen.migrations.application =
      LiteralWorld::graph("alembic", {{"b1", {}}, {"a1", {}}, {"a2", {"a1"}}, {"a3", {"a2"}}});
  world.seen.migrations.application.revisions[2].depends_on = {"b1"};
  world.rows(LiteralWorld::kApplication, {"a2"});
  EXPECT_EQ(world.said("migrations.at_head"),
            (Lines{"broken", "stratmaster_api.alembic_version: is at a2, 1 revision behind a3"}));
}

TEST(VersionRows, OfAMergeAreOne) {
  LiteralWorld world;
  world.seen.migrations.application =
      LiteralWorld::graph("alembic", {{"a", {}}, {"b", {"a"}}, {"c", {"a"}}, {"m", {"b", "c"}}});
  world.rows(LiteralWorld::kApplication, {"c", "b"});
  EXPECT_EQ(world.said("migrations.at_head"),
            (Lines{"broken", "stratmaster_api.alembic_version: is at b, c, 1 revision behind m"}));
  world.rows(LiteralWorld::kApplication, {"m"});
  EXPECT_EQ(world.said("migrations.at_head"), Lines{"holds"});
}

TEST(TenantsInStep, NamesEachTenantThatLags) {
  LiteralWorld world;
  world.seen.schemas.push_back({200, "tenant_22222222222242228222222222222222", LiteralWorld::kOwner, "", ""});
  world.seen.schemas.push_back({201, "tenant_33333333333343338333333333333333", LiteralWorld::kOwner, "", ""});
  world.seen.schemas.push_back({202, "tenant_X", LiteralWorld::kOwner, "", ""});
  world.rows(200, {"t1"});
  world.rows(201, {"0000deadbeef"});
  EXPECT_EQ(world.said("migrations.tenants_in_step"),
            (Lines{"broken", "tenant_22222222222242228222222222222222.alembic_version: is at t1, 2 revisions behind t3",
                   "tenant_33333333333343338333333333333333.alembic_version: names revision 0000deadbeef, which no "
                   "file has"}));
  EXPECT_EQ(world.judged("migrations.tenants_in_step").reason, "3 tenant schemas");
}

TEST(TenantsInStep, ForgetsDeletedTenants) {
  LiteralWorld world;
  world.rows(LiteralWorld::kTenant, {"t1"});
  RegisteredTenant tenant;
  tenant.id = *Uuid::parse("11111111-1111-4111-8111-111111111111");
  tenant.state = "deleted";
  world.seen.registry.tenants = {tenant};
  EXPECT_EQ(world.said("migrations.tenants_in_step"), Lines{"holds"});
  world.seen.registry.tenants[0].state = "suspended";
  EXPECT_EQ(world.judged("migrations.tenants_in_step").verdict, Verdict::Broken);
}

TEST(TenantsInStep, HoldsWhereTenantsHaveNoMigrations) {
  LiteralWorld world;
  world.contract.migrations->tenant_section.clear();
  world.seen.migrations.tenant = {};
  EXPECT_EQ(world.judged("migrations.tenants_in_step").reason, "tenants have no migrations in the contract");
  EXPECT_EQ(world.said("migrations.single_head"), Lines{"holds"});
}

}  // namespace
}  // namespace pgcontract::compare
