// The clauses of area schema, apart from time (schema_temporal_test.cpp).

#include "unit/compare/literal_world.hpp"

namespace pgcontract::compare {
namespace {

TEST(SchemaApplication, IsMissed) {
  LiteralWorld world;
  EXPECT_EQ(world.said("schema.application"), Lines{"holds"});
  world.contract.schemas.application.name = "Api";
  EXPECT_EQ(world.said("schema.application"), (Lines{"broken", "\"Api\": does not exist"}));
  EXPECT_TRUE(world.judged("schema.application").findings[0].tagged("missing"));
}

TEST(SchemaDemo, IsWantedEverywhereButInProduction) {
  LiteralWorld world;
  std::erase_if(world.seen.schemas, [](const Schema& schema) { return schema.oid == LiteralWorld::kDemo; });
  EXPECT_EQ(world.said("schema.demo"), (Lines{"broken", "stratmaster_demo: does not exist"}));
  world.environment.production = true;
  EXPECT_EQ(world.judged("schema.demo").verdict, Verdict::Holds);
  EXPECT_EQ(world.judged("schema.demo").reason, "not asked for in environment local");
  world.contract.schemas.demo->environments = {"local"};
  EXPECT_EQ(world.judged("schema.demo").verdict, Verdict::Broken);
  world.contract.schemas.demo->environments = {"staging"};
  EXPECT_EQ(world.judged("schema.demo").verdict, Verdict::Holds);
  world.contract.schemas.demo.reset();
  EXPECT_EQ(world.judged("schema.demo").reason, "no demo schema in the contract");
}

TEST(SchemaTelemetry, IsADatabaseOfItsOwnOnManagedServices) {
  LiteralWorld world;
  EXPECT_EQ(world.said("schema.telemetry"), Lines{"holds"});
  world.environment.managed = true;
  const auto result = world.judged("schema.telemetry");
  ASSERT_EQ(result.findings.size(), 2u);
  EXPECT_EQ(result.findings[0].subject.kind, "database");
  EXPECT_TRUE(result.findings[0].tagged("missing"));
  EXPECT_EQ(result.findings[1].subject.kind, "schema");
  EXPECT_EQ(result.findings[1].consider, "DROP SCHEMA stratmaster_telemetry");
  Database database;
  database.oid = 5;
  database.name = "stratmaster_telemetry";
  world.seen.databases.push_back(database);
  std::erase_if(world.seen.schemas, [](const Schema& schema) { return schema.oid == LiteralWorld::kTelemetry; });
  EXPECT_EQ(world.said("schema.telemetry"), Lines{"holds"});
  world.environment.managed = false;
  EXPECT_EQ(world.said("schema.telemetry"), (Lines{"broken", "stratmaster_telemetry: does not exist"}));
}

TEST(DomainPrefix, JudgesTablesOfTheTeamOnly) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_notes", 'p');
  world.relation(LiteralWorld::kApplication, "notes_2026").is_partition = true;
  world.relation(LiteralWorld::kApplication, "spatial_ref_sys").from_extension = true;
  world.relation(LiteralWorld::kApplication, "ref_colour");
  world.relation(LiteralWorld::kApplication, "alembic_version");
  world.relation(LiteralWorld::kTenant, "alembic_version");
  world.relation(LiteralWorld::kApplication, "latest", 'v');
  world.relation(LiteralWorld::kApplication, "notes_seq", 'S');
  world.relation(LiteralWorld::kTelemetry, "traces");
  world.relation(LiteralWorld::kLedger, "tenant");
  EXPECT_EQ(world.said("schema.domain_prefix"), Lines{"holds"});
  world.relation(LiteralWorld::kDemo, "Notes");
  world.relation(LiteralWorld::kTenant, "ref_colour");
  EXPECT_EQ(world.said("schema.domain_prefix"),
            (Lines{"broken",
                   "stratmaster_demo.\"Notes\": starts with no domain; the contract asks for one of research_, agents_",
                   "tenant_11111111111141118111111111111111.ref_colour: starts with no domain; the contract asks for "
                   "one of research_, agents_"}));
  EXPECT_EQ(world.judged("schema.domain_prefix").findings[0].consider,
            "ALTER TABLE stratmaster_demo.\"Notes\" RENAME TO \"research_Notes\"");
}

TEST(DomainPrefix, OffersNoNameTheServerWouldCut) {
  LiteralWorld world;
  static const std::string fits(63 - std::string("research_").size(), 'x');
  static const std::string longest(63, 'y');
  world.relation(LiteralWorld::kApplication, fits);
  world.relation(LiteralWorld::kApplication, longest);
  const auto findings = world.judged("schema.domain_prefix").findings;
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].consider, "ALTER TABLE stratmaster_api." + fits + " RENAME TO research_" + fits);
  EXPECT_EQ(findings[1].consider, "");
}

TEST(DomainPrefix, HoldsWithoutPrefixesAndSaysSo) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "notes");
  world.contract.conventions.table_prefixes.clear();
  EXPECT_EQ(world.judged("schema.domain_prefix").reason, "no table prefixes in the contract");
}

TEST(ReferenceData, StandsInTheApplicationSchemaOnly) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "ref_colour");
  world.relation(LiteralWorld::kTelemetry, "ref_trace");
  world.relation(LiteralWorld::kTenant, "refunds");
  EXPECT_EQ(world.said("schema.reference_data"), Lines{"holds"});
  EXPECT_EQ(world.judged("schema.reference_data").reason, "1 reference table");
  world.relation(LiteralWorld::kPublic, "ref_colour");
  const auto result = world.judged("schema.reference_data");
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].consider, "ALTER TABLE public.ref_colour SET SCHEMA stratmaster_api");
}

TEST(NothingInPublic, NamesRelationsAndFunctionsButNotExtensions) {
  LiteralWorld world;
  world.relation(LiteralWorld::kPublic, "Notes");
  const Oid table = world.seen.relations.back().oid;
  const Oid sequence = world.relation(LiteralWorld::kPublic, "notes_id_seq", 'S').oid;
  world.seen.sequences.push_back({sequence, "integer", true, table});
  world.relation(LiteralWorld::kPublic, "latest", 'm');
  world.relation(LiteralWorld::kPublic, "spatial_ref_sys").from_extension = true;
  world.function(LiteralWorld::kPublic, "twice", "n integer");
  world.function(LiteralWorld::kPublic, "citext", "").from_extension = true;
  const auto result = world.judged("schema.nothing_in_public");
  ASSERT_EQ(result.findings.size(), 3u);
  EXPECT_EQ(result.findings[0].consider, "ALTER TABLE public.\"Notes\" SET SCHEMA stratmaster_api");
  EXPECT_EQ(result.findings[1].consider, "ALTER MATERIALIZED VIEW public.latest SET SCHEMA stratmaster_api");
  EXPECT_EQ(result.findings[2].subject.label(), "public.twice(n integer)");
  EXPECT_EQ(result.findings[2].consider, "ALTER ROUTINE public.twice(n integer) SET SCHEMA stratmaster_api");
}

TEST(NothingInPublic, HoldsWhereThereIsNoPublic) {
  LiteralWorld world;
  std::erase_if(world.seen.schemas, [](const Schema& schema) { return schema.oid == LiteralWorld::kPublic; });
  EXPECT_EQ(world.judged("schema.nothing_in_public").reason, "there is no schema public");
}

TEST(PrimaryKey, OfAPartitionIsItsParents) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_log", 'p');
  world.primary_key();
  world.relation(LiteralWorld::kApplication, "research_log_1").is_partition = true;
  world.relation(LiteralWorld::kApplication, "research_latest", 'v');
  EXPECT_EQ(world.said("schema.primary_key"), Lines{"holds"});
  world.relation(LiteralWorld::kTenant, "research_bare");
  EXPECT_EQ(world.said("schema.primary_key"),
            (Lines{"broken", "tenant_11111111111141118111111111111111.research_bare: has no primary key"}));
}

TEST(Owner, IsOneRoleForSchemasRelationsAndFunctions) {
  LiteralWorld world;
  world.relation(LiteralWorld::kApplication, "research_notes");
  world.relation(LiteralWorld::kApplication, "research_other").owner = LiteralWorld::kStranger;
  world.function(LiteralWorld::kLedger, "assert_boundary", "").owner = LiteralWorld::kDefiner;
  world.function(LiteralWorld::kLedger, "role_tenant", "").owner = LiteralWorld::kOwner;
  world.seen.schemas.back().owner = LiteralWorld::kStranger;
  world.relation(LiteralWorld::kPublic, "elsewhere").owner = LiteralWorld::kStranger;
  EXPECT_EQ(world.said("schema.owner"),
            (Lines{"broken", "pgcontract.role_tenant(): is owned by pgc_owner, the contract gives it to pgc_definer",
                   "stratmaster_api.research_other: is owned by postgres, the contract gives it to pgc_owner",
                   "tenant_11111111111141118111111111111111: is owned by postgres, the contract gives it to "
                   "pgc_owner"}));
  for (const auto& finding : world.judged("schema.owner").findings) EXPECT_TRUE(finding.tagged("owner"));
}

TEST(Owner, OfAColumnsSequenceIsItsTables) {
  LiteralWorld world;
  Relation& sequence = world.relation(LiteralWorld::kApplication, "research_notes_id_seq", 'S');
  sequence.owner = LiteralWorld::kStranger;
  world.seen.sequences.push_back({sequence.oid, "bigint", true, 4242});
  EXPECT_EQ(world.said("schema.owner"), Lines{"holds"});
  world.relation(LiteralWorld::kApplication, "research_free_seq", 'S').owner = LiteralWorld::kStranger;
  EXPECT_EQ(world.judged("schema.owner").findings.at(0).subject.kind, "sequence");
}

TEST(Owner, ThatDoesNotExistOwnsNothing) {
  LiteralWorld world;
  world.contract.tenancy->roles.owner = "someone";
  EXPECT_EQ(world.judged("schema.owner").findings.size(), 4u) << "the four schemas";
  world.contract.tenancy.reset();
  EXPECT_EQ(world.judged("schema.owner").reason, "no tenancy in the contract, so no owner role");
}

}  // namespace
}  // namespace pgcontract::compare
