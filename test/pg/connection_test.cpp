// postgres/ against a real server: errors by kind, notices, deadlines, lost connections.
#include <gtest/gtest.h>

#include "base/process.hpp"
#include "support/deployment.hpp"

namespace pgcontract::test {
namespace {

Deployment& deployment() {
  static Deployment one;
  return one;
}

postgres::Dsn over_tcp() { return deployment().dsn().with("host", "127.0.0.1"); }

TEST(Connection, refuses_a_wrong_password_without_repeating_it) {
  auto dsn = over_tcp();
  dsn.password = SecretString("wrong-and-secret");
  const auto connection = postgres::Connection::open(dsn);
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ErrorCode::Refused);
  EXPECT_EQ((connection.error().message + connection.error().hint).find("wrong-and-secret"), std::string::npos);
}

TEST(Connection, knows_the_sqlstate_of_a_refused_connection) {
  auto admin = deployment().connect();
  expect(admin.execute("CREATE ROLE full_up LOGIN CONNECTION LIMIT 0 PASSWORD 'x'; CREATE ROLE shut PASSWORD 'x'"));
  const auto of = [](const char* role) {
    auto dsn = deployment().dsn();
    dsn.keywords["user"] = role;
    dsn.password = SecretString("x");
    const auto connection = postgres::Connection::open(dsn);
    return connection ? Error{} : connection.error();
  };
  auto wrong = over_tcp();
  wrong.password = SecretString("wrong");
  const auto refused = postgres::Connection::open(wrong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sqlstate, "28P01");
  for (const Error& error : {of("full_up"), of("shut"), refused.error()}) {
    EXPECT_EQ(error.message.find(error.sqlstate), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find(".c:"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("FATAL:  "), std::string::npos) << error.message;
  }
  EXPECT_EQ(of("full_up").sqlstate, "53300");
  EXPECT_EQ(of("full_up").code, ErrorCode::Unreachable);
  EXPECT_EQ(of("shut").code, ErrorCode::Refused);
}

TEST(Connection, tells_unreachable_from_refused) {
  const auto nobody = postgres::Connection::open(over_tcp().with("port", "1"));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::Unreachable);
  const auto no_tls = postgres::Connection::open(over_tcp().with("sslmode", "require"));
  ASSERT_FALSE(no_tls);
  EXPECT_EQ(no_tls.error().code, ErrorCode::Refused);
  EXPECT_NE(no_tls.error().hint.find("TLS"), std::string::npos);
  const auto no_database = postgres::Connection::open(over_tcp().with("dbname", "nowhere"));
  ASSERT_FALSE(no_database);
  EXPECT_EQ(no_database.error().code, ErrorCode::Refused);
}

TEST(Connection, gives_sqlstate_and_kind_of_server_errors) {
  auto connection = deployment().connect();
  const auto missing = connection.query("SELECT * FROM pg_catalog.no_such_table");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().sqlstate, "42P01");
  EXPECT_EQ(missing.error().code, ErrorCode::Server);
  EXPECT_EQ(missing.error().where, "character 15");
  // The session goes on after an error.
  EXPECT_EQ(expect(connection.query("SELECT 1")).at(0, 0), "1");
}

TEST(Connection, tells_a_commit_that_rolled_back) {
  auto connection = deployment().connect();
  EXPECT_TRUE(connection.execute("BEGIN; SELECT 1; COMMIT"));
  ASSERT_TRUE(connection.execute("BEGIN"));
  ASSERT_FALSE(connection.execute("SELECT 1 / 0"));
  const auto committed = connection.execute("COMMIT; RESET ROLE");
  ASSERT_FALSE(committed) << "the server answers ROLLBACK, which is no error";
  EXPECT_NE(committed.error().message.find("rolled back"), std::string::npos);
}

TEST(Connection, notices_when_the_server_ends_the_session) {
  auto victim = deployment().connect();
  auto killer = deployment().connect();
  expect(killer.query("SELECT pg_catalog.pg_terminate_backend($1::pg_catalog.int4)",
                      {std::to_string(victim.backend_pid())}));
  const auto answer = victim.query("SELECT 1");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::ConnectionLost);
  EXPECT_TRUE(victim.is_lost());
}

TEST(Connection, gives_up_at_its_deadline_and_stops_the_statement) {
  auto connection = deployment().connect();
  connection.set_deadline_ms(200);
  const auto answer = connection.query("SELECT pg_catalog.pg_sleep(60)");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Timeout);
  EXPECT_TRUE(connection.is_lost());
}

TEST(Connection, passes_parameters_and_nulls_as_they_are) {
  auto connection = deployment().connect();
  const auto rows =
      expect(connection.query("SELECT $1::pg_catalog.text, $2::pg_catalog.text", {"it's \\ ü", std::nullopt}));
  EXPECT_EQ(rows.at(0, 0), "it's \\ ü");
  EXPECT_TRUE(rows.is_null(0, 1));
}

TEST(Connection, streams_copy_and_reports_its_errors) {
  auto connection = deployment().connect();
  int lines = 0;
  expect(connection.copy_out("COPY (SELECT pg_catalog.generate_series(1, 1000)) TO STDOUT",
                             [&](std::string_view) { ++lines; }));
  EXPECT_EQ(lines, 1000);
  const auto broken = connection.copy_out(
      "COPY (SELECT 1 / (10 - g) FROM pg_catalog.generate_series(1, 20) AS g) TO STDOUT", [](std::string_view) {});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().sqlstate, "22012");
  EXPECT_EQ(expect(connection.query("SELECT 1")).at(0, 0), "1");
}

}  // namespace
}  // namespace pgcontract::test
