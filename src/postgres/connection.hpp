#pragma once
// The one door to PostgreSQL: the only folder that includes libpq. A Connection is owned by one thread at a time; it
// closes itself. Every wait has a deadline and ends at once when the user aborts (base/interrupt.hpp). Every session
// is pinned: search_path = pg_catalog, pg_temp; UTC, ISO dates, UTF-8, standard strings; timeouts always set.
// Statements still schema-qualify what they call, because tenants own schemas.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "postgres/dsn.hpp"

namespace pgcontract::postgres {

struct ConnectOptions {
  std::string application_name = "pgcontract";
  int connect_timeout_ms = 10'000;
  int statement_timeout_ms = 300'000;  // 0: none
  int lock_timeout_ms = 5'000;         // 0: none
  int idle_in_transaction_session_timeout_ms = 300'000;
  // False: nothing but the DSN's own options is set at startup, so that the role's settings are in force as for
  // an application. For sessions that play one; the timeouts are then the deadline's business.
  bool pinned = true;
};

// The rows of one statement, as text. Owned; cheap to move.
class Rows {
 public:
  explicit Rows(std::shared_ptr<void> result);
  int size() const;
  int columns() const;
  bool empty() const { return size() == 0; }
  bool is_null(int row, int column) const;
  std::string_view at(int row, int column) const;  // "" for null; valid as long as the Rows
  std::int64_t affected() const;                   // of INSERT, UPDATE, DELETE

 private:
  std::shared_ptr<void> result_;
};

// nullopt is NULL.
using Parameter = std::optional<std::string>;

class Connection {
 public:
  static Result<Connection> open(const Dsn& dsn, const ConnectOptions& options = {});
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // One statement by the extended protocol.
  Result<Rows> query(std::string_view sql, std::span<const Parameter> parameters = {});
  Result<Rows> query(std::string_view sql, std::initializer_list<Parameter> parameters);
  // One or more statements in one message; outside a transaction block they are one transaction (docs §55.2.2.1).
  // `completed`, where asked for, counts the statements that went well: the next one is the error's.
  Result<void> execute(std::string_view script, int* completed = nullptr);
  // The same; answers with how many rows the last statement changed.
  Result<std::int64_t> execute_counted(std::string_view script, int* completed = nullptr);
  // COPY … TO STDOUT: `row` gets each line with its newline, in order, valid during the call.
  Result<void> copy_out(std::string_view sql, const std::function<void(std::string_view row)>& row);
  // Several of them in one message; each row comes with the number of its COPY, from 0.
  Result<void> copy_out_each(std::string_view script, const std::function<void(int copy, std::string_view row)>& row);

  // A command of the replication protocol, on a connection opened with replication=true: its rows and the bytes of its
  // COPYs, in the order in which they come. An Error of a visitor gives the session up. The deadline is that of each
  // message, not of the whole.
  struct ReplicationVisitor {
    std::function<Result<void>(const Rows& rows)> rows;
    std::function<Result<void>(int copy, std::string_view bytes)> bytes;
    std::function<Result<void>(int copy)> copy_end;
  };
  Result<void> replicate(std::string_view command, const ReplicationVisitor& visitor);

  // What the server keeps of a password (SCRAM-SHA-256), for ALTER ROLE … PASSWORD: the password itself never travels.
  Result<std::string> password_verifier(const std::string& role, const SecretString& password);

  int server_version() const;   // 150020
  bool is_lost() const;         // a failed connection answers nothing any more
  bool in_transaction() const;  // also after an error within a block
  int backend_pid() const;
  std::vector<std::string> take_notices();  // since the last call, oldest first
  // Bounds each later call from here on; the default is statement_timeout plus ten seconds.
  void set_deadline_ms(int deadline_ms);

 private:
  friend class RawSession;
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pgcontract::postgres
