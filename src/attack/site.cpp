#include "attack/site.hpp"

namespace pgcontract::attack {
namespace {

constexpr int kStatementDeadlineMs = 5'000;

}  // namespace

Result<postgres::Connection> open_session(const Site& site, const Login& login, const std::string& options) {
  postgres::Dsn dsn = site.admin.with("user", login.user);
  // What proves the administrator proves nobody else.
  for (const char* own : {"options", "passfile", "sslcert", "sslkey", "sslpassword", "requirepeer"})
    dsn.keywords.erase(own);
  if (!options.empty()) dsn.keywords["options"] = options;
  dsn.password = login.password;
  postgres::ConnectOptions connect;
  connect.application_name = "pgcontract attack";
  connect.pinned = false;
  PGC_TRY(auto session, postgres::Connection::open(dsn, connect));
  session.set_deadline_ms(kStatementDeadlineMs);
  return session;
}

Result<void> check_out(postgres::Connection& session, const Login& login) {
  for (const auto& statement : login.checkout) {
    PGC_TRY([[maybe_unused]] const auto rows, session.query(statement));
  }
  return {};
}

}  // namespace pgcontract::attack
