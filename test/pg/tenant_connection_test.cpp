// include/pgcontract/tenant_connection.hpp against a real server: what one checkout leaves behind never reaches the
// next, and nothing that goes wrong at a checkout leaves a session to use.
#include "pgcontract/tenant_connection.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/deployment.hpp"

namespace pgcontract::test {
namespace {

constexpr const char* kAcme = "11111111-1111-4111-8111-111111111111";
constexpr const char* kBeta = "22222222-2222-4222-8222-222222222222";

class TenantConnectionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    deployment_ = std::make_unique<Deployment>();
    deployment_->apply();
    deployment_->add_tenant(kAcme, "Acme");
    deployment_->add_tenant(kBeta, "Beta");
    as_superuser("ALTER ROLE app_tenant_11111111111141118111111111111111 PASSWORD 'acme'");
    as_superuser("ALTER ROLE app_tenant_22222222222242228222222222222222 PASSWORD 'beta'");
    // What the design withholds, so that the leak it would allow is there to be closed.
    as_superuser("GRANT TEMPORARY ON DATABASE stratmaster TO pgc_tenant");
  }
  static void TearDownTestSuite() { deployment_.reset(); }

  static void as_superuser(const std::string& sql) { expect(deployment_->connect().execute(sql)); }

  static TenantLogin login(const std::string& tenant = kAcme) {
    return {tenant,
            "",
            tenant == kAcme ? "acme" : "beta",
            {{"host", "127.0.0.1"}, {"port", port()}, {"dbname", "stratmaster"}},
            std::chrono::seconds(20)};
  }
  static std::string port() { return ask(deployment_->connect(), "SELECT pg_catalog.current_setting('port')"); }
  static std::string ask(postgres::Connection connection, const std::string& sql) {
    return std::string(expect(connection.query(sql)).at(0, 0));
  }

  // The one value of the last statement; fails the test where there is none.
  static std::string ask(const TenantConnection::Lease& lease, const std::string& sql) {
    PGresult* result = PQexec(lease.get(), sql.c_str());
    EXPECT_EQ(PQresultStatus(result), PGRES_TUPLES_OK) << PQresultErrorMessage(result);
    const std::string value = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    return value;
  }
  static void run(const TenantConnection::Lease& lease, const std::string& sql) {
    PGresult* result = PQexec(lease.get(), sql.c_str());
    EXPECT_TRUE(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK)
        << sql << ": " << PQresultErrorMessage(result);
    PQclear(result);
  }
  // Why a checkout is refused; it must have closed the connection.
  static TenantError refusal(TenantConnection& connection) {
    try {
      connection.checkout();
    } catch (const TenantError& error) {
      EXPECT_FALSE(connection.is_open());
      return error;
    }
    ADD_FAILURE() << "the checkout was not refused";
    return TenantError("");
  }

  static std::unique_ptr<Deployment> deployment_;
};
std::unique_ptr<Deployment> TenantConnectionTest::deployment_;

TEST_F(TenantConnectionTest, is_its_tenants_and_stays_open_between_checkouts) {
  TenantConnection connection(login());
  std::string first;
  {
    const auto lease = connection.checkout();
    EXPECT_EQ(ask(lease, "SELECT current_user"), "app_tenant_11111111111141118111111111111111");
    first = ask(lease, "SELECT pg_catalog.pg_backend_pid()");
  }
  EXPECT_EQ(ask(connection.checkout(), "SELECT pg_catalog.pg_backend_pid()"), first);
}

TEST_F(TenantConnectionTest, what_a_checkout_leaves_behind_is_gone_at_the_next) {
  TenantConnection connection(login());
  std::string backend;
  {
    const auto lease = connection.checkout();
    backend = ask(lease, "SELECT pg_catalog.pg_backend_pid()");
    run(lease, "CREATE TEMP TABLE left_over AS SELECT 'secret' AS text");
    run(lease, "PREPARE left_over AS SELECT 1");
    run(lease, "DECLARE left_over CURSOR WITH HOLD FOR SELECT 'secret'");
    run(lease, "SET app.note = 'secret'");
    run(lease, "SET statement_timeout = '1h'");
    run(lease, "SET search_path = pg_catalog");
    run(lease, "SELECT pg_catalog.pg_advisory_lock(4711)");
    run(lease, "LISTEN left_over");
    run(lease, "NOTIFY left_over");
  }
  const auto lease = connection.checkout();
  EXPECT_EQ(ask(lease, "SELECT pg_catalog.pg_backend_pid()"), backend) << "the same session, or nothing is shown";
  EXPECT_EQ(ask(lease, "SELECT pg_catalog.to_regclass('pg_temp.left_over') IS NULL"), "t");
  EXPECT_EQ(ask(lease, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_statements"), "0");
  EXPECT_EQ(ask(lease, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_cursors"), "0");
  EXPECT_EQ(ask(lease, "SELECT COALESCE(pg_catalog.current_setting('app.note', true), '')"), "");
  EXPECT_EQ(ask(lease, "SHOW statement_timeout"), "30s");
  EXPECT_EQ(ask(lease, "SHOW search_path"), "tenant_11111111111141118111111111111111, stratmaster_api");
  EXPECT_EQ(ask(lease,
                "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' "
                "AND pid = pg_catalog.pg_backend_pid()"),
            "0");
  EXPECT_EQ(ask(lease, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_listening_channels()"), "0");
  EXPECT_EQ(PQnotifies(lease.get()), nullptr);
}

TEST_F(TenantConnectionTest, a_session_that_is_not_idle_is_closed_on_release) {
  for (const char* unfinished : {"BEGIN", "BEGIN; SELECT 1/0", "COPY (SELECT 1) TO STDOUT"}) {
    TenantConnection connection(login());
    auto lease = connection.checkout();
    PQclear(PQexec(lease.get(), unfinished));
    EXPECT_FALSE(lease.release()) << unfinished;
    EXPECT_FALSE(connection.is_open());
    EXPECT_THROW(connection.checkout(), TenantError);
  }
  TenantConnection connection(login());
  auto lease = connection.checkout();
  PQsendQuery(lease.get(), "SELECT 1");  // the answer is never read
  EXPECT_FALSE(lease.release());
}

TEST_F(TenantConnectionTest, another_encoding_is_not_passed_on) {
  TenantConnection connection(login());
  auto lease = connection.checkout();
  PQsetClientEncoding(lease.get(), "LATIN1");
  EXPECT_TRUE(lease.release()) << "DISCARD ALL brings back the session's own";
  const auto next = connection.checkout();
  EXPECT_EQ(std::string(pg_encoding_to_char(PQclientEncoding(next.get()))), "UTF8");
}

TEST_F(TenantConnectionTest, nobody_has_it_twice) {
  TenantConnection connection(login());
  const auto lease = connection.checkout();
  EXPECT_THROW(connection.checkout(), TenantError);
  EXPECT_EQ(ask(lease, "SELECT 1"), "1") << "the first lease is not harmed";
}

TEST_F(TenantConnectionTest, a_suspended_tenant_is_refused) {
  TenantConnection connection(login());
  as_superuser("UPDATE pgcontract.tenant SET state = 'suspended' WHERE id = '11111111-1111-4111-8111-111111111111'");
  const TenantError error = refusal(connection);
  as_superuser("UPDATE pgcontract.tenant SET state = 'active'");
  EXPECT_EQ(error.sqlstate(), "42501");
  EXPECT_NE(std::string(error.what()).find("is not active"), std::string::npos) << error.what();
}

TEST_F(TenantConnectionTest, a_superuser_and_a_login_with_bypassrls_are_refused) {
  for (const char* attribute : {"SUPERUSER", "BYPASSRLS"}) {
    TenantConnection connection(login());
    as_superuser(fmt::format("ALTER ROLE app_tenant_11111111111141118111111111111111 {}", attribute));
    const TenantError error = refusal(connection);
    as_superuser(fmt::format("ALTER ROLE app_tenant_11111111111141118111111111111111 NO{}", attribute));
    EXPECT_EQ(error.sqlstate(), "42501");
    EXPECT_NE(std::string(error.what()).find("is a superuser or has BYPASSRLS"), std::string::npos) << error.what();
  }
}

TEST_F(TenantConnectionTest, a_setting_or_a_path_that_is_not_the_tenants_is_refused) {
  const std::string role = "ALTER ROLE app_tenant_11111111111141118111111111111111 IN DATABASE stratmaster SET ";
  for (const auto& [setting, value, own] :
       {std::tuple{"app.tenant_id", kBeta, kAcme},
        std::tuple{"search_path", "tenant_22222222222242228222222222222222, stratmaster_api",
                   "tenant_11111111111141118111111111111111, stratmaster_api"}}) {
    const bool path = std::string_view(setting) == "search_path";
    const auto statement = [&](const char* to) {
      return role + setting + " = " + (path ? std::string(to) : "'" + std::string(to) + "'");
    };
    as_superuser(statement(value));
    TenantConnection connection(login());
    as_superuser(statement(own));
    EXPECT_EQ(refusal(connection).sqlstate(), "42501") << setting;
  }
}

TEST_F(TenantConnectionTest, a_login_for_another_tenant_is_refused) {
  TenantLogin mixed = login(kBeta);
  mixed.tenant = kAcme;
  mixed.role = "app_tenant_22222222222242228222222222222222";
  TenantConnection connection(mixed);
  EXPECT_NE(std::string(refusal(connection).what()).find("another tenant's"), std::string::npos);
  TenantLogin overruled = login();
  overruled.parameters.emplace_back("user", "postgres");
  EXPECT_THROW(TenantConnection{overruled}, TenantError);
}

TEST_F(TenantConnectionTest, a_killed_session_is_refused_without_a_state) {
  TenantConnection connection(login());
  const std::string backend = ask(connection.checkout(), "SELECT pg_catalog.pg_backend_pid()");
  as_superuser(fmt::format("SELECT pg_catalog.pg_terminate_backend({})", backend));
  refusal(connection);
}

TEST_F(TenantConnectionTest, a_server_that_does_not_answer_is_given_up) {
  TenantLogin hasty = login();
  hasty.timeout = std::chrono::milliseconds(300);
  TenantConnection connection(hasty);
  auto blocker = deployment_->connect();
  expect(blocker.execute("BEGIN; LOCK TABLE pgcontract.tenant IN ACCESS EXCLUSIVE MODE"));
  const auto start = std::chrono::steady_clock::now();
  refusal(connection);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  expect(blocker.execute("ROLLBACK"));
}

TEST_F(TenantConnectionTest, messages_hold_no_password) {
  TenantLogin wrong = login();
  wrong.password = "hunter2-secret";
  try {
    TenantConnection connection(wrong);
    FAIL() << "a wrong password was accepted";
  } catch (const TenantError& error) {
    EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace pgcontract::test
