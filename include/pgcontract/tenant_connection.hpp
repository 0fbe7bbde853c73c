#pragma once
// TenantConnection: a libpq connection that is one tenant's, for services in C++17 or later that keep tenants apart as
// pgcontract's doc/tenancy.md says. This header and libpq are all that is needed.
//
//   pgcontract::TenantConnection connection({tenant, "", password, {{"host", "db"}, {"dbname", "stratmaster"}}});
//   {
//     auto lease = connection.checkout();          // throws TenantError: then there is nothing to use
//     PQexec(lease.get(), "SELECT ...");
//   }                                              // DISCARD ALL, or closed
//
// What it promises: the session logs in as the tenant's own role and never changes tenants. Each checkout asserts that
// in a round trip of its own (SET ROLE and pgcontract.checkout() in one message with its own Sync). Each release runs
// DISCARD ALL where the session is idle, and closes it where it is not, or where anything fails: an error never leaves
// a session that somebody else could be given. No wait is longer than the timeout.
//
// Ownership: a TenantConnection owns its PGconn and must outlive its lease. One thread at a time.

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgcontract {

class TenantError : public std::runtime_error {
 public:
  explicit TenantError(const std::string& message, std::string sqlstate = {})
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
  // Five characters where the server refused ("42501": it is not the tenant's session); empty where it did not answer.
  const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

struct TenantLogin {
  std::string tenant;                                           // "4f7c2a30-9f0e-4d1b-8c55-0d9a3b6f1e21"
  std::string role;                                             // empty: app_tenant_ and the tenant's 32 digits
  std::string password;                                         // empty: libpq finds one, or needs none
  std::vector<std::pair<std::string, std::string>> parameters;  // libpq's keywords, without user and password
  std::chrono::milliseconds timeout{10'000};                    // of connecting, of a checkout, of a release
};

class TenantConnection {
 public:
  // The right to use the connection, from checkout to release. Movable.
  class Lease {
   public:
    Lease(Lease&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease() { release(); }
    // Null once it was released. Neither PQfinish() nor PQreset() it.
    PGconn* get() const { return owner_ ? owner_->connection_.get() : nullptr; }
    // Gives the connection back; false where it had to be closed.
    bool release() noexcept { return owner_ == nullptr || std::exchange(owner_, nullptr)->give_back(); }

   private:
    friend class TenantConnection;
    explicit Lease(TenantConnection* owner) : owner_(owner) {}
    TenantConnection* owner_;
  };

  // Logs in as the tenant. Throws TenantError.
  explicit TenantConnection(const TenantLogin& login)
      : tenant_(login.tenant),
        role_(login.role.empty() ? "app_tenant_" + digits_of(login.tenant) : login.role),
        timeout_(login.timeout) {
    std::vector<const char*> keywords, values;
    const auto add = [&](const char* keyword, const std::string& value) {
      keywords.push_back(keyword);
      values.push_back(value.c_str());
    };
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout_ + std::chrono::milliseconds(999));
    const std::string connect_timeout = std::to_string(std::max<long long>(2, seconds.count()));  // libpq's least
    add("connect_timeout", connect_timeout);
    for (const auto& [keyword, value] : login.parameters) {
      if (keyword == "user" || keyword == "password" || keyword == "options")
        throw TenantError(keyword + " is not a parameter: the login is the tenant's, and its role has its settings");
      add(keyword.c_str(), value);
    }
    add("user", role_);
    if (!login.password.empty()) add("password", login.password);
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    connection_.reset(PQconnectdbParams(keywords.data(), values.data(), /*expand_dbname=*/0));
    if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK)
      fail("cannot connect: " + (connection_ ? said_by(PQerrorMessage(connection_.get())) : "out of memory"));
    encoding_ = PQclientEncoding(connection_.get());
  }
  TenantConnection(const TenantConnection&) = delete;
  TenantConnection& operator=(const TenantConnection&) = delete;

  // Hands the connection out, after the database has confirmed whose it is. Throws TenantError, and is closed then.
  Lease checkout() {
    if (!connection_) throw TenantError("tenant " + tenant_ + ": the connection is closed");
    if (leased_) throw TenantError("tenant " + tenant_ + ": the connection is checked out already");
    const auto results = run("SET ROLE " + quoted(role_) + "; SELECT pgcontract.checkout()::pg_catalog.text");
    if (results.size() != 2 || PQresultStatus(results[0].get()) != PGRES_COMMAND_OK ||
        PQresultStatus(results[1].get()) != PGRES_TUPLES_OK)
      fail("not checked out: " + (results.empty() ? said_by(PQerrorMessage(connection_.get()))
                                                  : said_by(PQresultErrorMessage(results.back().get()))),
           results.empty() ? nullptr : PQresultErrorField(results.back().get(), PG_DIAG_SQLSTATE));
    const PGresult* answer = results[1].get();
    if (PQntuples(answer) != 1 || PQnfields(answer) != 1 || PQgetisnull(answer, 0, 0) != 0 ||
        tenant_ != PQgetvalue(answer, 0, 0))
      fail("the session is another tenant's");
    if (PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) fail("not checked out: the session is not idle");
    leased_ = true;
    return Lease(this);
  }

  // Whether checkout() can be asked.
  bool is_open() const { return connection_ != nullptr; }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;

  static std::string digits_of(const std::string& tenant) {
    std::string digits;
    for (const char c : tenant)
      if (c != '-') digits += c;
    return digits;
  }
  static std::string quoted(const std::string& identifier) {
    std::string text = "\"";
    for (const char c : identifier) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + '"';
  }
  // libpq's messages end with a line break.
  static std::string said_by(std::string_view message) {
    while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
    return std::string(message);
  }

  [[noreturn]] void fail(const std::string& message, const char* sqlstate = nullptr) {
    TenantError error("tenant " + tenant_ + ": " + message, sqlstate ? sqlstate : "");
    connection_.reset();
    throw error;
  }

  // One message of the simple protocol and all that it answers; no results where that took too long or failed.
  std::vector<Result> run(const std::string& sql) {
    std::vector<Result> results;
    const auto deadline = std::chrono::steady_clock::now() + timeout_;
    if (PQsendQuery(connection_.get(), sql.c_str()) == 0) return results;
    while (true) {
      while (PQisBusy(connection_.get()) != 0) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd waiting{PQsocket(connection_.get()), POLLIN, 0};
        if (left <= 0) return {};
        if (poll(&waiting, 1, static_cast<int>(left)) < 0 && errno == EINTR) continue;
        if (PQconsumeInput(connection_.get()) == 0) return {};
      }
      Result result(PQgetResult(connection_.get()));
      if (!result) return results;
      const ExecStatusType status = PQresultStatus(result.get());
      results.push_back(std::move(result));
      // A COPY would go on for ever.
      if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) return {};
    }
  }

  bool give_back() noexcept {
    leased_ = false;
    if (connection_ && !is_clean_after_discard()) connection_.reset();
    return connection_ != nullptr;
  }

  bool is_clean_after_discard() noexcept try {
    PGconn* connection = connection_.get();
    // In a transaction, in a COPY or a query's middle, in a pipeline: whoever had it has not finished.
    if (PQstatus(connection) != CONNECTION_OK || PQtransactionStatus(connection) != PQTRANS_IDLE) return false;
    if (PQpipelineStatus(connection) != PQ_PIPELINE_OFF || PQsetnonblocking(connection, 0) != 0) return false;
    const auto results = run("DISCARD ALL");
    if (results.size() != 1 || PQresultStatus(results[0].get()) != PGRES_COMMAND_OK) return false;
    while (PGnotify* notice = PQnotifies(connection)) PQfreemem(notice);
    return PQtransactionStatus(connection) == PQTRANS_IDLE && PQclientEncoding(connection) == encoding_;
  } catch (...) {
    return false;
  }

  std::string tenant_;
  std::string role_;
  std::chrono::milliseconds timeout_;
  std::unique_ptr<PGconn, Finish> connection_;
  int encoding_ = 0;
  bool leased_ = false;
};

}  // namespace pgcontract
