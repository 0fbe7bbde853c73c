// The prover against a real server: the design as apply leaves it has no break and refuses every demonstration; each
// weakening (test/weakenings, and those below) is named by its kind; each break that is called certain is demonstrated,
// by the very SQL that the report shows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "alembic/sql_statement.hpp"
#include "observe/observe.hpp"
#include "pg/weakenings.hpp"
#include "support/deployment.hpp"
#include "tenancy/prove.hpp"

namespace pgcontract::test {
namespace {

const std::string kA = "11111111-1111-4111-8111-111111111111";
const std::string kB = "22222222-2222-4222-8222-222222222222";

std::string role_of(const std::string& id) { return "app_tenant_" + expect(Uuid::parse(id)).hex(); }
std::string schema_of(const std::string& id) { return "tenant_" + expect(Uuid::parse(id)).hex(); }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string with_names(std::string sql) {
  const std::vector<std::pair<std::string, std::string>> names = {{"{A}", role_of(kA)},
                                                                  {"{B}", role_of(kB)},
                                                                  {"{SA}", schema_of(kA)},
                                                                  {"{SB}", schema_of(kB)},
                                                                  {"{UA}", kA},
                                                                  {"{UB}", kB},
                                                                  {"{OWN}", "pgc_owner"},
                                                                  {"{DEF}", "pgc_definer"},
                                                                  {"{GROUP}", "pgc_tenant"},
                                                                  {"{MIG}", "pgc_migrator"},
                                                                  {"{APP}", "stratmaster_api"},
                                                                  {"{DB}", "stratmaster"}};
  for (const auto& [place, name] : names) sql = replaced(std::move(sql), place, name);
  return sql;
}

// Shared tables as the corpus of attacks has them, in place of the deployment's own; rows of both tenants everywhere.
constexpr std::string_view kTables = R"(
SET ROLE pgc_owner;
DROP TABLE IF EXISTS {APP}.reports, {APP}.research_events, {APP}.agents_tasks CASCADE;
CREATE TABLE {APP}.reports (id uuid DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL, slug text, body text,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, slug));
CREATE TABLE {APP}.report_comments (id uuid DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL, report_id uuid,
  body text, PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, report_id) REFERENCES {APP}.reports (tenant_id, id));
CREATE TABLE {APP}.research_events (tenant_id uuid NOT NULL, at timestamptz NOT NULL DEFAULT now(), body text)
  PARTITION BY RANGE (at);
CREATE TABLE {APP}.research_events_p0 PARTITION OF {APP}.research_events DEFAULT;
CREATE TABLE {APP}.agents_tasks (id uuid DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL, body text,
  PRIMARY KEY (tenant_id, id));
CREATE TABLE {SA}.agents_notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);
CREATE TABLE {SB}.agents_secrets (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);
CREATE VIEW {APP}.v_reports AS SELECT * FROM {APP}.reports;
GRANT SELECT ON {APP}.v_reports TO {GROUP};
RESET ROLE;)";

constexpr std::string_view kRows = R"(
INSERT INTO {APP}.reports (tenant_id, slug, body) VALUES ('{UA}', 'a', 'CANARY {A}'), ('{UB}', 'b', 'CANARY {B}');
INSERT INTO {APP}.agents_tasks (tenant_id, body) VALUES ('{UA}', 'CANARY {A}'), ('{UB}', 'CANARY {B}');
INSERT INTO {APP}.research_events (tenant_id, body) VALUES ('{UA}', 'CANARY {A}'), ('{UB}', 'CANARY {B}');
INSERT INTO {SA}.agents_notes (body) SELECT 'CANARY {A}' FROM pg_catalog.generate_series(1, 20);
INSERT INTO {SB}.agents_secrets (body) SELECT 'CANARY {B}' FROM pg_catalog.generate_series(1, 20);
ALTER ROLE {A} PASSWORD 'known'; ALTER ROLE {B} PASSWORD 'known';
ANALYZE;)";

Deployment* g_deployment = nullptr;

class TwoTenants : public ::testing::Environment {
 public:
  void SetUp() override {
    deployment_ = std::make_unique<Deployment>();
    deployment_->apply();
    deployment_->add_tenant(kA, "A");
    deployment_->add_tenant(kB, "B");
    auto connection = deployment_->connect();
    expect(connection.execute(with_names(std::string(kTables))));
    deployment_->apply();  // the policies and grants of the new tables
    expect(connection.execute(with_names(std::string(kRows))));
    g_deployment = deployment_.get();
  }
  void TearDown() override { deployment_.reset(); }

 private:
  std::unique_ptr<Deployment> deployment_;
};

const auto* const g_environment = ::testing::AddGlobalTestEnvironment(new TwoTenants);

// What came of the acts of a demonstration: all rows as text, and what the last statement touched.
struct Shown {
  std::string refused;  // the error
  std::string output;
  std::int64_t touched = 0;
};

// As a login would begin: with the role's own settings in this database, some of which only a superuser may set.
std::string begin_as(const Observation& seen, const std::string& role) {
  std::string sql = "RESET ROLE; RESET SESSION AUTHORIZATION; SET row_security = on;";
  if (const Role* found = seen.role_named(role))
    for (const Text setting : found->settings) {
      const auto equals = setting.find('=');
      const std::string name(setting.substr(0, equals)), value(setting.substr(equals + 1));
      sql += name == "search_path" ? fmt::format(" SET search_path = {};", value)
                                   : fmt::format(" SET {} = {};", name, quoted_literal(value));
    }
  return sql + fmt::format(" SET SESSION AUTHORIZATION {};", pgcontract::quoted(role));
}

Shown run_acts(postgres::Connection& connection, const Observation& seen, const std::vector<Act>& acts) {
  Shown shown;
  for (const auto& act : acts) {
    if (const auto begun = connection.execute(begin_as(seen, act.role)); !begun) {
      shown.refused = begun.error().describe();
      return shown;
    }
    const auto script = expect(alembic::split_sql(act.sql));
    for (const auto& statement : script.statements) {
      if (act.sql == script.statements.front().text && statement.text.empty()) continue;
      const auto rows = connection.query(statement.text);
      if (!rows) {
        shown.refused = fmt::format("{} ({})", rows.error().describe(), std::string(statement.text));
        return shown;
      }
      shown.touched = std::max<std::int64_t>(rows->size(), rows->affected());
      for (int row = 0; row < rows->size(); ++row)
        for (int column = 0; column < rows->columns(); ++column)
          shown.output += std::string(rows->at(row, column)) + "\n";
    }
  }
  return shown;
}

// Whether that is what the break says: rows of the other, or something done to them, or code run as somebody else.
bool shows(const Break& broken, const Shown& shown) {
  if (!shown.refused.empty()) return false;
  const auto says = [&](const std::string& text) { return shown.output.find(text) != std::string::npos; };
  switch (broken.effect) {
    case Effect::Reads:
    case Effect::Becomes:
      return says("CANARY " + broken.whom.example) || says(kA) || says(kB) || says("B-LARGE-OBJECT") ||
             broken.kind == "predefined_role";
    case Effect::Writes:
    case Effect::Learns: return shown.touched > 0;
    case Effect::RunsCode:
      return broken.kind == "predefined_role" || says(broken.demonstration.back().role) || says("pgc_owner");
    case Effect::Destroys:
    case Effect::Disturbs: return true;
  }
  return false;
}

struct Claim {
  std::string weakening;
  Break broken;
};
std::vector<Claim>& claims() {
  static std::vector<Claim> list;
  return list;
}

// A session of the other tenant, for what is about sessions.
bool wants_a_session(const Break& broken) {
  return broken.kind == "predefined_role" && broken.demonstration.size() > 1;
}

class Weakened : public ::testing::TestWithParam<Weakening> {};

TEST_P(Weakened, is_named_and_each_certain_break_is_shown) {
  const Weakening& weakening = GetParam();
  auto connection = g_deployment->connect();
  const int major = connection.server_version() / 10000;
  if (weakening.from && major < weakening.from)
    GTEST_SKIP() << fmt::format("it is one from PostgreSQL {} on, and this is {}", weakening.from, major);
  if (weakening.before && major >= weakening.before)
    GTEST_SKIP() << fmt::format("it is one before PostgreSQL {}, and this is {}", weakening.before, major);
  expect(connection.execute("BEGIN"));
  expect(connection.execute(with_names(weakening.sql)));
  const Contract& contract = g_deployment->place().contract;
  const Observation seen = expect(observe::observe_server(connection, contract));
  const Proof proof = tenancy::prove(contract, seen);
  std::string told;
  for (const auto& broken : proof.breaks)
    told += fmt::format("{}{} {}: {}\n", broken.kind, broken.certain ? "" : "?", broken.subject.label(),
                        tenancy::path_text(broken));
  EXPECT_TRUE(std::ranges::any_of(proof.breaks, [&](const Break& broken) {
    return std::ranges::count(weakening.kinds, broken.kind) > 0;
  })) << told;
  // What reads the whole catalog and what reads the graph alone agree.
  Observation graph = expect(observe::observe_reach(connection, contract));
  std::vector<Oid> relations;
  for (const auto& broken : proof.breaks)
    relations.insert(relations.end(), broken.relations.begin(), broken.relations.end());
  if (!relations.empty()) expect(observe::observe_columns(connection, relations, graph));
  const Proof again = tenancy::prove(contract, graph);
  std::string told_again;
  for (const auto& broken : again.breaks)
    told_again += fmt::format("{}{} {}: {}\n", broken.kind, broken.certain ? "" : "?", broken.subject.label(),
                              tenancy::path_text(broken));
  EXPECT_EQ(told, told_again);
  for (const auto& broken : again.breaks) {
    if (!broken.certain) continue;
    if (broken.demonstration.empty()) {
      ADD_FAILURE() << broken.kind << " is not demonstrated: " << tenancy::path_text(broken);
      continue;
    }
    expect(connection.execute("SAVEPOINT shown"));
    std::optional<postgres::Connection> other;
    std::vector<Act> acts = broken.demonstration;
    if (wants_a_session(broken)) {
      auto dsn = g_deployment->dsn().with("user", broken.whom.example);
      dsn.password = SecretString("known");
      other = expect(postgres::Connection::open(dsn));
      expect(other->query("SELECT 'a statement of the other tenant'"));
      acts.erase(acts.begin());
    }
    const Shown shown = run_acts(connection, seen, acts);
    EXPECT_TRUE(shows(broken, shown)) << broken.kind << ": " << tenancy::path_text(broken) << "\n  "
                                      << broken.demonstration.back().sql << "\n  refused: " << shown.refused
                                      << "\n  output: " << shown.output;
    expect(connection.execute("ROLLBACK TO SAVEPOINT shown"));
    claims().push_back({weakening.name, broken});
  }
  expect(connection.execute("ROLLBACK"));
}

INSTANTIATE_TEST_SUITE_P(design, Weakened, ::testing::ValuesIn(all_weakenings()),
                         [](const auto& each) { return each.param.name; });

TEST(WholeDesign, has_no_break) {
  auto connection = g_deployment->connect();
  const Contract& contract = g_deployment->place().contract;
  for (const auto read : {observe::observe_server, observe::observe_reach}) {
    const Proof proof = tenancy::prove(contract, expect(read(connection, contract)));
    for (const auto& broken : proof.breaks) ADD_FAILURE() << broken.kind << ": " << tenancy::path_text(broken);
    EXPECT_EQ(proof.pairs, 2);
    EXPECT_EQ(proof.broken_pairs, 0);
    EXPECT_EQ(proof.classes, 1);
  }
}

TEST(OneTenant, sees_only_the_pairs_it_is_in) {
  auto connection = g_deployment->connect();
  expect(connection.execute("BEGIN"));
  g_deployment->place();
  const Contract& contract = g_deployment->place().contract;
  expect(connection.execute(with_names("GRANT {B} TO {A}")));
  const Observation seen = expect(observe::observe_server(connection, contract));
  expect(connection.execute("ROLLBACK"));
  const Proof all = tenancy::prove(contract, seen);
  const Proof one = tenancy::prove(contract, seen, expect(Uuid::parse(kB)));
  EXPECT_EQ(all.broken_pairs, 1);
  EXPECT_EQ(one.broken_pairs, 1);
  EXPECT_EQ(one.pairs, 2);
  ASSERT_EQ(one.breaks.size(), 1u);
  EXPECT_EQ(one.breaks[0].whom.example, role_of(kB));
}

// What was shown on the weakenings is refused, or shows nothing, where the design is whole.
class Afterwards : public ::testing::TestWithParam<int> {};

TEST_P(Afterwards, the_whole_design_refuses_every_demonstration) {
  auto connection = g_deployment->connect();
  const Observation seen = expect(observe::observe_server(connection, g_deployment->place().contract));
  EXPECT_GT(claims().size(), 40u);
  for (const auto& [weakening, broken] : claims()) {
    if (wants_a_session(broken)) continue;  // its session is gone, and nothing is there to be ended
    expect(connection.execute("BEGIN"));
    const Shown shown = run_acts(connection, seen, broken.demonstration);
    expect(connection.execute("ROLLBACK"));
    EXPECT_FALSE(shows(broken, shown)) << weakening << ": " << broken.kind << "\n  " << broken.demonstration.back().sql
                                       << "\n  output: " << shown.output;
  }
}

INSTANTIATE_TEST_SUITE_P(design, Afterwards, ::testing::Values(0));

}  // namespace
}  // namespace pgcontract::test
