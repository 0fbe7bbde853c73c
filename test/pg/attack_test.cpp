// The attacks against the naive design of test/attack/naive.sql, each on a fresh copy of it: one that does not succeed
// where it should is blunt, and its being refused elsewhere proves nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "attack/runner.hpp"
#include "compare/compare.hpp"
#include "support/deployment.hpp"

namespace pgcontract::test {
namespace {

constexpr std::string_view kRoleA = "app_tenant_aaaaaaaa000040008000000000000001";
constexpr std::string_view kRoleB = "app_tenant_bbbbbbbb000040008000000000000002";

std::string read_sql(const std::string& name) {
  std::ifstream file(std::string(PGCONTRACT_SOURCE_DIR) + "/test/attack/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Naive {
 public:
  Naive() {
    auto admin = connect("stratmaster");
    expect(admin.execute("CREATE DATABASE naive"));
    site_.words = {{"A", std::string(kRoleA)},
                   {"B", std::string(kRoleB)},
                   {"SA", "tenant_aaaaaaaa000040008000000000000001"},
                   {"SB", "tenant_bbbbbbbb000040008000000000000002"},
                   {"UA", "aaaaaaaa-0000-4000-8000-000000000001"},
                   {"UB", "bbbbbbbb-0000-4000-8000-000000000002"},
                   {"AUTH", "api_auth"},
                   {"MIG", "migrator"},
                   {"OWN", "migrator"},
                   {"DEF", "migrator"},
                   {"GROUP", "app_tenants"},
                   {"APP", "stratmaster_api"},
                   {"EXT", "public"},
                   {"COL", "tenant_id"},
                   {"SETTING", "app.tenant_id"},
                   {"RID", "3"},
                   {"RIDTYPE", "bigint"},
                   {"ADMIN", "postgres"},
                   {"DB", "naive"}};
    expect(admin.execute(attack::filled(read_sql("naive_roles.sql"), site_.words)));
    auto naive = connect("naive");
    expect(naive.execute(attack::filled(read_sql("naive.sql"), site_.words)));
    site_.tenant_a = login(admin, std::string(kRoleA));
    site_.tenant_b = login(admin, std::string(kRoleB));
    site_.migrator = login(admin, "migrator");
    site_.pool_a = site_.pool_b = login(admin, "api_auth");
    site_.pool_a.checkout = checkout("A");
    site_.pool_b.checkout = checkout("B");
    site_.words["DB"] = "naive_attacked";
    site_.admin = deployment_.dsn().with("dbname", "naive_attacked");
    version_ = admin.server_version();
  }

  postgres::Connection connect(const std::string& database) {
    postgres::ConnectOptions options;
    options.pinned = false;
    return expect(postgres::Connection::open(deployment_.dsn().with("dbname", database), options));
  }

  attack::Login login(postgres::Connection& admin, const std::string& role) {
    attack::Login made{role, SecretString("known " + role), {}};
    const std::string verifier = expect(admin.password_verifier(role, made.password));
    expect(admin.execute(fmt::format("ALTER ROLE {} PASSWORD '{}'", role, verifier)));
    if (role == kRoleA) site_.words["AVERIFIER"] = verifier;
    return made;
  }

  // "SET ROLE on checkout", as the contract has it.
  std::vector<std::string> checkout(const std::string& tenant) {
    return {"SET ROLE " + site_.words[tenant],
            fmt::format("SELECT set_config('app.tenant_id', '{}', false)", site_.words["U" + tenant]),
            fmt::format("SET search_path = {}, stratmaster_api", site_.words["S" + tenant])};
  }

  void refresh() {
    auto admin = connect("stratmaster");
    expect(admin.execute("DROP DATABASE IF EXISTS naive_attacked WITH (FORCE)"));
    expect(admin.execute("CREATE DATABASE naive_attacked TEMPLATE naive"));
  }

  // "succeeds", "refused", "succeeds before 16"
  bool should_succeed(const attack::Attack& attack) const {
    constexpr std::string_view kBefore = "succeeds before ";
    if (attack.naive.starts_with(kBefore)) return version_ < std::stoi(attack.naive.substr(kBefore.size())) * 10000;
    EXPECT_TRUE(attack.naive == "succeeds" || attack.naive == "refused") << attack.id;
    return attack.naive == "succeeds";
  }

  const attack::Site& site() const { return site_; }

 private:
  Deployment deployment_;
  attack::Site site_;
  int version_ = 0;
};

std::unique_ptr<Naive> g_naive;

class NaiveSite : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { g_naive = std::make_unique<Naive>(); }
  static void TearDownTestSuite() { g_naive.reset(); }
};

TEST_F(NaiveSite, attacks_succeed_where_the_design_is_naive) {
  int succeeded = 0;
  bool spoiled = true;  // a new database takes longer than an attack, and most leave nothing in it
  for (const auto& attack : attack::corpus()) {
    if (spoiled) g_naive->refresh();
    spoiled = attack.kind == "rows" || attack.kind == "escalation" || attack.kind == "replication";
    const AttackOutcome outcome = expect(attack::run_attack(g_naive->site(), attack, /*accepted=*/false));
    const bool success = outcome.result == AttackResult::Succeeded;
    EXPECT_EQ(success, g_naive->should_succeed(attack)) << attack.id << " " << attack.title << ": " << outcome.answer;
    EXPECT_NE(outcome.result, AttackResult::NotJudged) << attack.id << ": " << outcome.answer;
    succeeded += success;
  }
  fmt::print("{} of {} attacks succeed against the naive design\n", succeeded, attack::corpus().size());
}

TEST_F(NaiveSite, a_setup_that_fails_is_not_judged) {
  g_naive->refresh();
  const auto attack = expect(attack::parse_attack("X01",
                                                  "-- title: t\n-- kind: rows\n-- clause: tenancy.grants\n"
                                                  "-- success: NEVER\n-- as: setup\nSELECT 1/0;\n"
                                                  "-- as: A\nSELECT 1;\n"));
  const AttackOutcome outcome = expect(attack::run_attack(g_naive->site(), attack, false));
  EXPECT_EQ(outcome.result, AttackResult::NotJudged);
  EXPECT_EQ(outcome.answer, "division by zero");
}

TEST_F(NaiveSite, a_statement_that_is_no_sql_is_not_judged) {
  g_naive->refresh();
  const auto attack = expect(attack::parse_attack(
      "X02", "-- title: t\n-- kind: rows\n-- clause: tenancy.grants\n-- success: NEVER\n-- as: A\nSELEKT 1;\n"));
  EXPECT_EQ(expect(attack::run_attack(g_naive->site(), attack, false)).result, AttackResult::NotJudged);
}

TEST_F(NaiveSite, a_hanging_statement_is_not_judged_and_ends) {
  g_naive->refresh();
  const auto attack = expect(attack::parse_attack("X03",
                                                  "-- title: t\n-- kind: rows\n-- clause: tenancy.grants\n"
                                                  "-- success: NEVER\n-- as: A\nSELECT pg_sleep(60);\n"));
  EXPECT_EQ(expect(attack::run_attack(g_naive->site(), attack, false)).result, AttackResult::NotJudged);
}

TEST_F(NaiveSite, want_of_a_resource_is_not_judged) {
  g_naive->refresh();
  for (const char* state : {"53200", "53300", "40P01", "55P03", "57P01"}) {
    const auto attack = expect(attack::parse_attack(
        "X05", fmt::format("-- title: t\n-- kind: rows\n-- clause: tenancy.grants\n-- success: NEVER\n-- as: A\n"
                           "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{}'; END $$;\n",
                           state)));
    EXPECT_EQ(expect(attack::run_attack(g_naive->site(), attack, false)).result, AttackResult::NotJudged) << state;
  }
}

TEST_F(NaiveSite, at_the_door_only_a_refusal_is_one) {
  g_naive->refresh();
  const auto with = [](const std::string& attribute, const std::string& back) {
    const auto attack = expect(attack::parse_attack(
        "X06", fmt::format("-- title: t\n-- kind: rows\n-- clause: tenancy.grants\n-- success: NEVER\n"
                           "-- as: setup\nALTER ROLE {{A}} {};\n-- as: A login\nSELECT 1;\n"
                           "-- as: undo\nALTER ROLE {{A}} {};\n",
                           attribute, back)));
    return expect(attack::run_attack(g_naive->site(), attack, false));
  };
  const AttackOutcome full = with("CONNECTION LIMIT 0", "CONNECTION LIMIT -1");
  EXPECT_EQ(full.result, AttackResult::NotJudged) << full.answer;
  const AttackOutcome shut = with("NOLOGIN", "LOGIN");
  EXPECT_EQ(shut.result, AttackResult::Refused) << shut.answer;
  EXPECT_EQ(shut.sqlstate, "28000");
}

TEST_F(NaiveSite, what_the_setup_made_is_undone) {
  g_naive->refresh();
  const auto attack =
      expect(attack::parse_attack("X04",
                                  "-- title: t\n-- kind: rows\n-- clause: tenancy.grants\n-- success: NEVER\n"
                                  "-- as: setup\nALTER ROLE {A} CONNECTION LIMIT 7;\n-- as: A\nSELECT 1/0;\n"
                                  "-- as: undo\nALTER ROLE {A} CONNECTION LIMIT -1;\n"));
  EXPECT_EQ(expect(attack::run_attack(g_naive->site(), attack, false)).result, AttackResult::Refused);
  auto admin = g_naive->connect("stratmaster");
  EXPECT_EQ(
      expect(admin.query("SELECT rolconnlimit FROM pg_roles WHERE rolname = '" + std::string(kRoleA) + "'")).at(0, 0),
      "-1");
}

TEST(AttackCorpus, names_clauses_that_there_are) {
  for (const auto& attack : attack::corpus()) {
    if (attack.clause.empty()) continue;
    EXPECT_NE(compare::find_clause(attack.clause), nullptr) << attack.id << ": " << attack.clause;
  }
}

}  // namespace
}  // namespace pgcontract::test
