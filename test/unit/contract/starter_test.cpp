#include "contract/starter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "contract/load.hpp"
#include "yaml/document.hpp"

namespace pgcontract::contract {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef";

// A database put together table by table.
struct Database {
  Observation seen;
  Oid next = 100;

  Oid schema(std::string_view name) {
    seen.schemas.push_back({next, seen.keep(name), 10, "", ""});
    return next++;
  }
  Oid table(Oid schema, std::string_view name) {
    Relation relation;
    relation.oid = next;
    relation.schema = schema;
    relation.name = seen.keep(name);
    seen.relations.push_back(relation);
    return next++;
  }
  void column(Oid table, int number, std::string_view name, std::string_view type, std::string_view expression = {}) {
    Column column;
    column.relation = table;
    column.number = number;
    column.name = seen.keep(name);
    column.type_name = column.base_type_name = seen.keep(type);
    column.default_expression = seen.keep(expression);
    seen.columns.push_back(column);
  }
  void role(std::string_view name) {
    Role role;
    role.oid = next++;
    role.name = seen.keep(name);
    seen.roles.push_back(role);
  }
  void policy(Oid table, std::string_view expression) {
    Policy policy;
    policy.oid = next++;
    policy.relation = table;
    policy.name = "p";
    policy.using_expression = seen.keep(expression);
    seen.policies.push_back(policy);
  }

  StarterOptions options = {"shop", "env:DATABASE_URL", "", "", ""};
  std::string text() {
    seen.seal();
    return starter_contract(seen, options);
  }
  Contract read() {
    const std::string written = text();
    auto contract = parse_contract(written, "contract.yaml", "/srv");
    EXPECT_TRUE(contract) << contract.error().front().describe() << "\n" << written;
    return contract ? std::move(*contract) : Contract{};
  }
};

TEST(Starter, OfAnEmptyDatabaseNamesTheSchemaAfterTheSystem) {
  Database database;
  const Contract contract = database.read();
  EXPECT_EQ(contract.name, "shop");
  EXPECT_EQ(contract.schemas.application.name, "shop");
  ASSERT_EQ(contract.environments.size(), 1U);
  EXPECT_EQ(contract.environments[0].name, kStarterEnvironment);
  EXPECT_EQ(contract.environments[0].variable_or_path, "DATABASE_URL");
  EXPECT_TRUE(contract.conventions.table_prefixes.empty());
  EXPECT_FALSE(contract.migrations);
  EXPECT_FALSE(contract.tenancy);
}

TEST(Starter, SaysHowToSwitchTenancyOn) {
  Database database;
  std::string text = database.text();
  const auto at = text.find("# tenancy:\n");
  ASSERT_NE(at, std::string::npos) << text;
  for (auto line = at; line != std::string::npos && line < text.size();) {
    text.erase(line, 2);
    line = text.find('\n', line);
    if (line != std::string::npos) ++line;
  }
  const auto contract = parse_contract(text, "contract.yaml", "/srv");
  ASSERT_TRUE(contract) << contract.error().front().describe() << "\n" << text;
  EXPECT_TRUE(contract->tenancy);
}

TEST(Starter, TakesTheSchemaWithMostTablesThatIsNoTenants) {
  Database database;
  const Oid tenant = database.schema("customer_" + kId);
  for (int i = 0; i < 9; ++i) database.table(tenant, fmt::format("t{}", i));
  const Oid telemetry = database.schema("Langfuse");
  for (int i = 0; i < 9; ++i) database.table(telemetry, fmt::format("t{}", i));
  const Oid demo = database.schema("shop_demo");
  for (int i = 0; i < 9; ++i) database.table(demo, fmt::format("t{}", i));
  for (const char* name : {"b", "a", "demographics"}) {
    const Oid other = database.schema(name);
    database.table(other, "x");
    if (std::string(name) != "demographics") database.table(other, "y");
  }
  const Contract contract = database.read();
  EXPECT_EQ(contract.schemas.application.name, "a");
  EXPECT_EQ(contract.schemas.demo->name, "shop_demo");
  EXPECT_EQ(contract.schemas.telemetry->name, "Langfuse");
  EXPECT_NE(database.text().find("name: a # 2 of 32 tables\n"), std::string::npos) << database.text();
}

TEST(Starter, TakesADemoSchemaForTheApplicationWhereThereIsNoOther) {
  Database database;
  database.table(database.schema("demo"), "x");
  const Contract contract = database.read();
  EXPECT_EQ(contract.schemas.application.name, "demo");
  EXPECT_FALSE(contract.schemas.demo);
}

TEST(Starter, FindsPrefixesThatTablesShare) {
  Database database;
  const Oid api = database.schema("api");
  for (const char* name : {"agents_a", "agents_b", "research_a", "research_b", "research_c", "lone_a", "ref_country",
                           "Upper_a", "Upper_b", "_a", "_b", "alembic_version", "plain"})
    database.table(api, name);
  const Contract contract = database.read();
  EXPECT_EQ(contract.conventions.table_prefixes, (std::vector<std::string>{"research_", "agents_"}));
  EXPECT_NE(database.text().find("- research_ # 3 of 12 tables\n"), std::string::npos) << database.text();
  EXPECT_NE(database.text().find("reference_prefix: ref_ # 1 of 12 tables\n"), std::string::npos) << database.text();
}

TEST(Starter, CountsATableOfEveryTenantOnce) {
  Database database;
  for (char c : {'0', '1', '2'}) database.table(database.schema("tenant_" + std::string(32, c)), "notes_a");
  database.table(database.schema("api"), "x");
  EXPECT_TRUE(database.read().conventions.table_prefixes.empty());
}

TEST(Starter, FollowsTheMajorityInTemporalColumns) {
  Database database;
  const Oid table = database.table(database.schema("api"), "x");
  database.column(table, 1, "a", "timestamp without time zone", "CURRENT_TIMESTAMP");
  database.column(table, 2, "b", "timestamp(3) without time zone", "'2020-01-01 00:00:00'::timestamp");
  database.column(table, 3, "c", "timestamp with time zone", "clock_timestamp()");
  database.column(table, 4, "d", "date", "now()");
  const Contract contract = database.read();
  EXPECT_EQ(contract.conventions.temporal_type, "timestamp");
  EXPECT_EQ(contract.conventions.temporal_default, "now()");
  EXPECT_NE(database.text().find("type: timestamp # 2 of 3 columns\n"), std::string::npos) << database.text();
}

TEST(Starter, NamesAlembicOnlyWhereItsTableIsSeen) {
  Database database;
  database.options.alembic_config = "packages/my api: x/alembic.ini";
  database.options.application_section = "alembic";
  EXPECT_FALSE(database.read().migrations);
  database.seen.version_tables.push_back({1, 2, {"abc"}});
  const Contract contract = database.read();
  ASSERT_TRUE(contract.migrations);
  EXPECT_EQ(contract.migrations->config, "packages/my api: x/alembic.ini");
  EXPECT_EQ(contract.migrations->tenant_section, "");
}

TEST(Starter, ReadsTenancyFromNamesAndPolicies) {
  Database database;
  const Oid api = database.schema("api");
  const Oid table = database.table(api, "reports");
  database.column(table, 1, "id", "uuid");
  database.column(table, 2, "Org Id", "uuid");
  database.column(table, 3, "uuid", "uuid");
  database.policy(table, "((\"Org Id\" = (current_setting('shop.Org'::text))::uuid) AND (id IS NOT NULL))");
  database.policy(table, "(\"Org Id\" = (NULLIF(current_setting('shop.Org'::text, true), ''::text))::uuid)");
  database.schema("customer_" + kId);
  database.schema("customer_" + std::string(32, 'a'));
  database.schema("customer_01234567_89ab_cdef_0123_456789abcde0");
  database.schema("archive_" + std::string(32, 'b'));
  database.role("svc_" + kId);
  database.role("other_" + std::string(32, 'c'));
  const Contract contract = database.read();
  ASSERT_TRUE(contract.tenancy);
  EXPECT_EQ(contract.tenancy->schema_pattern, "customer_{id}");
  EXPECT_EQ(contract.tenancy->role_pattern, "svc_{id}");
  EXPECT_EQ(contract.tenancy->setting, "shop.Org");
  EXPECT_EQ(contract.tenancy->shared_column, "Org Id");
  EXPECT_NE(database.text().find("# 3 schemas; 1 of them to be renamed"), std::string::npos) << database.text();
}

TEST(Starter, ParsesWhateverNamesTheDatabaseHolds) {
  const std::vector<std::string> names = {"true",
                                          "null",
                                          "~",
                                          "1e3",
                                          "0x1f",
                                          "- a",
                                          "a: b",
                                          "a #b",
                                          "#",
                                          "{id}",
                                          "{id}{id}",
                                          "[x]",
                                          "*a",
                                          "&a",
                                          "!x",
                                          "|",
                                          "\"q\"",
                                          "'q'",
                                          "a\\nb",
                                          "a\nb",
                                          "a\tb",
                                          "a\x7f",
                                          "\xC2\x85",
                                          "\xE2\x80\xA8",
                                          "\xEF\xBB\xBFx",
                                          "\xF0\x9F\x90\x98",
                                          " lead",
                                          "trail ",
                                          ":",
                                          "a:",
                                          "%x",
                                          "@x",
                                          "`x`",
                                          "---",
                                          "...",
                                          "<<",
                                          "=",
                                          "?",
                                          "extensions",
                                          "public",
                                          "pgcontract",
                                          "shop",
                                          "demo",
                                          "tracing",
                                          "information_schema",
                                          std::string(63, 'x'),
                                          "host=db password=x",
                                          "{id}_" + kId,
                                          "a\nb_" + kId,
                                          "tenant_" + kId};
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    Database database;
    const Oid schema = database.schema(name);
    const Oid first = database.table(schema, name);
    database.table(schema, name + "_a");
    database.table(schema, name + "_b");
    database.column(first, 1, name, "timestamp with time zone", name + " now()");
    database.role(name);
    database.policy(first, fmt::format("({} = current_setting('{}'::text))", pgcontract::quoted(name), name));
    database.policy(first, fmt::format("({} = current_setting('app.x'::text))", pgcontract::quoted(name)));
    for (const char* other : {"demo_", "x_tracing"}) database.schema(other + name);
    database.seen.version_tables.push_back({schema, first, {}});
    database.options.alembic_config = name.contains('\n') || name.contains('\t') || name.contains('\x7f') ? "a" : name;
    database.options.application_section = "alembic";
    database.read();
    database.options.name = "extensions";
    database.read();
  }
}

TEST(YamlScalar, ReadsBackAsTheSameText) {
  for (const std::string text :
       {"",   "a",      "now()",    "tenant_{id}", "env:X",    "a:",           "no",           "12", "a b", "\"",
        "\\", "a\nb\t", "\x01\x7f", "ä: # x",      "\xC2\x85", "\xE2\x80\xA9", "\xEF\xBB\xBF", "'",  "-",   "true"}) {
    SCOPED_TRACE(text);
    auto document = yaml::Document::parse(fmt::format("key: {} # comment\n", yaml_scalar(text)), "x");
    ASSERT_TRUE(document) << document.error().describe();
    const yaml::Node* value = document->root().find("key");
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(value->text, text);
    EXPECT_FALSE(value->is_null() || value->is_boolean() || value->is_number());
  }
}

TEST(OneLine, ShortensBetweenCharacters) {
  EXPECT_EQ(one_line("a\nb"), "a b");
  std::string text;
  for (int i = 0; i < 300; ++i) text += "ä";
  const std::string line = one_line("x" + text);
  EXPECT_TRUE(line.ends_with("ä…")) << line;
  EXPECT_LT(line.size(), 410U);
}

}  // namespace
}  // namespace pgcontract::contract
