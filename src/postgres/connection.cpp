#include "postgres/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>

#include "base/interrupt.hpp"
#include "postgres/error.hpp"
#include "postgres/raw_session.hpp"

namespace pgcontract::postgres {
namespace {

using Clock = std::chrono::steady_clock;
using ResultHandle = std::unique_ptr<PGresult, decltype(&PQclear)>;

struct ConnectionClose {
  void operator()(PGconn* conn) const { PQfinish(conn); }
};

// How long beyond the server's own statement_timeout we wait before we give the connection up.
constexpr int kGraceMs = 10'000;
constexpr int kNoTimeoutMs = 24 * 3600 * 1000;

enum class Wake { Ready, DeadlinePassed, Aborted };

Wake wait_for(int socket, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Wake::DeadlinePassed;
    std::array<pollfd, 2> fds = {pollfd{socket, events, 0}, pollfd{interrupt::abort_fd(), POLLIN, 0}};
    const int ready = poll(fds.data(), fds.size(), static_cast<int>(std::min<long>(left, 1'000'000)));
    if (interrupt::abort_requested()) return Wake::Aborted;
    if (ready > 0 && fds[0].revents != 0) return Wake::Ready;
    if (ready < 0 && errno != EINTR) return Wake::DeadlinePassed;
  }
}

// Everything that decides how the server reads and prints for us, set before the first statement can run.
std::string pinned_options(const ConnectOptions& options, const std::string& from_dsn) {
  return fmt::format(
      "{}{}-c search_path=pg_catalog,pg_temp -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 "
      "-c bytea_output=hex -c extra_float_digits=1 -c standard_conforming_strings=on -c quote_all_identifiers=off "
      "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={}",
      from_dsn, from_dsn.empty() ? "" : " ", options.statement_timeout_ms, options.lock_timeout_ms,
      options.idle_in_transaction_session_timeout_ms);
}

}  // namespace

Rows::Rows(std::shared_ptr<void> result) : result_(std::move(result)) {}
int Rows::size() const { return PQntuples(static_cast<PGresult*>(result_.get())); }
int Rows::columns() const { return PQnfields(static_cast<PGresult*>(result_.get())); }
bool Rows::is_null(int row, int column) const {
  return PQgetisnull(static_cast<PGresult*>(result_.get()), row, column) != 0;
}
std::string_view Rows::at(int row, int column) const {
  auto* result = static_cast<PGresult*>(result_.get());
  return {PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))};
}
std::int64_t Rows::affected() const {
  const std::string_view text = PQcmdTuples(static_cast<PGresult*>(result_.get()));
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

struct Connection::State {
  std::unique_ptr<PGconn, ConnectionClose> conn;
  std::string target;
  int deadline_ms = 0;
  std::vector<std::string> notices;
  bool abandoned = false;  // a statement was left running: the session answers nothing any more

  Clock::time_point deadline() const { return Clock::now() + std::chrono::milliseconds(deadline_ms); }
  bool lost() const { return abandoned || PQstatus(conn.get()) != CONNECTION_OK; }

  Failure lost_failure() const {
    std::string message = PQerrorMessage(conn.get());
    Error error = server_error("08006", message.empty() ? "the connection was lost" : message, "", "");
    error.where = target;
    return fail(std::move(error));
  }

  // Asks the server to stop the running statement. Its rest is not read: the session is given up.
  Failure stop(Wake wake) {
    abandoned = true;
    std::array<char, 256> text{};
    if (PGcancel* cancel = PQgetCancel(conn.get())) {
      PQcancel(cancel, text.data(), static_cast<int>(text.size()));
      PQfreeCancel(cancel);
    }
    if (wake == Wake::Aborted) return fail(ErrorCode::Cancelled, "stopped by the user");
    return fail(ErrorCode::Timeout, fmt::format("no answer within {} s", deadline_ms / 1000),
                "The server or the network hangs: look at the server's activity.", target);
  }

  Result<void> flush(Clock::time_point until) {
    while (true) {
      const int left = PQflush(conn.get());
      if (left == 0) return {};
      if (left < 0) return lost_failure();
      const Wake wake = wait_for(PQsocket(conn.get()), POLLIN | POLLOUT, until);
      if (wake != Wake::Ready) return stop(wake);
      if (PQconsumeInput(conn.get()) == 0) return lost_failure();
    }
  }

  // The next result of the statement under way; null after the last.
  Result<ResultHandle> next(Clock::time_point until) {
    while (PQisBusy(conn.get()) != 0) {
      const Wake wake = wait_for(PQsocket(conn.get()), POLLIN, until);
      if (wake != Wake::Ready) return stop(wake);
      if (PQconsumeInput(conn.get()) == 0) return lost_failure();
    }
    return ResultHandle(PQgetResult(conn.get()), PQclear);
  }

  Result<void> check(const PGresult* result) const {
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_OUT ||
        status == PGRES_EMPTY_QUERY)
      return {};
    const auto field = [&](int code) {
      const char* text = PQresultErrorField(result, code);
      return std::string(text ? text : "");
    };
    std::string message = field(PG_DIAG_MESSAGE_PRIMARY);
    if (message.empty())
      return lost() ? Result<void>(lost_failure()) : fail(ErrorCode::Server, PQresultErrorMessage(result));
    Error error = server_error(field(PG_DIAG_SQLSTATE), std::move(message), field(PG_DIAG_MESSAGE_DETAIL),
                               field(PG_DIAG_MESSAGE_HINT));
    if (const std::string position = field(PG_DIAG_STATEMENT_POSITION); !position.empty())
      error.where = "character " + position;
    return fail(std::move(error));
  }

  // The rows of the COPY that has begun.
  Result<void> copy_rows(Clock::time_point until, const std::function<void(std::string_view)>& row) {
    while (true) {
      char* buffer = nullptr;
      const int length = PQgetCopyData(conn.get(), &buffer, /*async=*/1);
      if (length > 0) {
        row({buffer, static_cast<std::size_t>(length)});
        PQfreemem(buffer);
      } else if (length == 0) {
        const Wake wake = wait_for(PQsocket(conn.get()), POLLIN, until);
        if (wake != Wake::Ready) return stop(wake);
        if (PQconsumeInput(conn.get()) == 0) return lost_failure();
      } else {
        return {};  // -1: the end, -2: an error; the next result tells
      }
    }
  }

  // The same for bytes that somebody may refuse.
  Result<void> copy_bytes(const std::function<Result<void>(std::string_view)>& take) {
    Result<void> taken;
    while (taken) {
      char* buffer = nullptr;
      const int length = PQgetCopyData(conn.get(), &buffer, /*async=*/1);
      if (length < 0) break;  // as above
      if (length > 0) {
        taken = take({buffer, static_cast<std::size_t>(length)});
        PQfreemem(buffer);
        continue;
      }
      const Wake wake = wait_for(PQsocket(conn.get()), POLLIN, deadline());
      if (wake != Wake::Ready) return stop(wake);
      if (PQconsumeInput(conn.get()) == 0) return lost_failure();
    }
    return taken;
  }

  // Reads results to the end; the first error or the last good result is the answer.
  // `commits`: a ROLLBACK among them is an error, since the server answers so to COMMIT in a block that has failed.
  Result<ResultHandle> finish(Clock::time_point until, int* completed = nullptr, bool commits = false) {
    ResultHandle last(nullptr, PQclear);
    std::optional<Error> first_error;
    while (true) {
      PGC_TRY(ResultHandle result, next(until));
      if (!result) break;
      auto checked = check(result.get());
      if (checked && commits && std::string_view(PQcmdStatus(result.get())) == "ROLLBACK")
        checked = fail(ErrorCode::Server, "the transaction was rolled back at its COMMIT",
                       "A statement before it had failed unnoticed.");
      if (checked && completed) ++*completed;
      if (!checked && !first_error) first_error = checked.error();
      last = std::move(result);
      if (lost()) break;
    }
    if (first_error) return fail(std::move(*first_error));
    if (!last) return lost_failure();
    return last;
  }
};

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::open(const Dsn& dsn, const ConnectOptions& options) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  const std::string pinned = options.pinned ? pinned_options(options, dsn.keyword("options")) : dsn.keyword("options");
  const auto add = [&](const char* keyword, const char* value) {
    keywords.push_back(keyword);
    values.push_back(value);
  };
  for (const auto& [keyword, value] : dsn.keywords)
    if (keyword != "options") add(keyword.c_str(), value.c_str());
  if (!dsn.password.empty()) add("password", dsn.password.reveal_c_str());
  add("options", pinned.c_str());
  add("client_encoding", "UTF8");
  add("application_name", options.application_name.c_str());
  add(nullptr, nullptr);

  auto state = std::make_unique<State>();
  state->target = dsn.describe();
  state->deadline_ms = options.connect_timeout_ms;
  state->conn.reset(PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/0));
  if (!state->conn) return fail(ErrorCode::Io, "out of memory");
  // From the start: the server may warn of a setting of the role before the session is open.
  PQsetNoticeProcessor(
      state->conn.get(),
      [](void* to, const char* message) {
        auto& notices = *static_cast<std::vector<std::string>*>(to);
        if (notices.size() < 1000) notices.emplace_back(message);  // a hostile function may raise notices for ever
      },
      &state->notices);
  // A connection that fails tells no SQLSTATE but in its text, and only so.
  PQsetErrorVerbosity(state->conn.get(), PQERRORS_VERBOSE);
  const auto until = state->deadline();
  PostgresPollingStatusType polling = PGRES_POLLING_WRITING;
  while (PQstatus(state->conn.get()) != CONNECTION_BAD && polling != PGRES_POLLING_OK &&
         polling != PGRES_POLLING_FAILED) {
    const short events = polling == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    const Wake wake = wait_for(PQsocket(state->conn.get()), events, until);
    if (wake == Wake::Aborted) return fail(ErrorCode::Cancelled, "stopped by the user");
    if (wake == Wake::DeadlinePassed)
      return fail(
          connect_error(fmt::format("no connection within {} s", options.connect_timeout_ms / 1000), state->target));
    polling = PQconnectPoll(state->conn.get());
  }
  if (PQstatus(state->conn.get()) != CONNECTION_OK)
    return fail(connect_error(PQerrorMessage(state->conn.get()), state->target));
  PQsetErrorVerbosity(state->conn.get(), PQERRORS_DEFAULT);
  for (auto& notice : state->notices) (void)take_sqlstate(notice);
  PQsetnonblocking(state->conn.get(), 1);
  state->deadline_ms = options.statement_timeout_ms > 0 ? options.statement_timeout_ms + kGraceMs : kNoTimeoutMs;
  return Connection(std::move(state));
}

Result<Rows> Connection::query(std::string_view sql, std::initializer_list<Parameter> parameters) {
  return query(sql, std::span<const Parameter>(parameters.begin(), parameters.size()));
}

Result<Rows> Connection::query(std::string_view sql, std::span<const Parameter> parameters) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  const std::string text(sql);
  if (PQsendQueryParams(state_->conn.get(), text.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                        nullptr, nullptr, 0) == 0)
    return state_->lost_failure();
  const auto until = state_->deadline();
  PGC_CHECK(state_->flush(until));
  PGC_TRY(ResultHandle result, state_->finish(until));
  return Rows(std::shared_ptr<void>(result.release(), [](void* r) { PQclear(static_cast<PGresult*>(r)); }));
}

Result<void> Connection::execute(std::string_view script, int* completed) {
  PGC_CHECK(execute_counted(script, completed));
  return {};
}

Result<std::int64_t> Connection::execute_counted(std::string_view script, int* completed) {
  const std::string text(script);
  if (PQsendQuery(state_->conn.get(), text.c_str()) == 0) return state_->lost_failure();
  const auto until = state_->deadline();
  PGC_CHECK(state_->flush(until));
  PGC_TRY(ResultHandle result, state_->finish(until, completed, script.starts_with("COMMIT")));
  return Rows(std::shared_ptr<void>(result.release(), [](void* r) { PQclear(static_cast<PGresult*>(r)); })).affected();
}

Result<void> Connection::copy_out(std::string_view sql, const std::function<void(std::string_view)>& row) {
  return copy_out_each(sql, [&](int, std::string_view line) { row(line); });
}

Result<void> Connection::copy_out_each(std::string_view script, const std::function<void(int, std::string_view)>& row) {
  const std::string text(script);
  if (PQsendQuery(state_->conn.get(), text.c_str()) == 0) return state_->lost_failure();
  const auto until = state_->deadline();
  PGC_CHECK(state_->flush(until));
  int copy = 0;
  while (true) {
    PGC_TRY(ResultHandle result, state_->next(until));
    if (!result) return copy > 0 ? Result<void>{} : state_->lost_failure();
    auto checked = state_->check(result.get());
    if (checked && PQresultStatus(result.get()) == PGRES_COMMAND_OK && copy > 0) continue;  // how a COPY ends
    if (checked && PQresultStatus(result.get()) != PGRES_COPY_OUT)
      checked = fail(ErrorCode::Bug, "copy_out() was given a statement that is no COPY TO STDOUT");
    if (checked) checked = state_->copy_rows(until, [&](std::string_view line) { row(copy, line); });
    if (!checked) {
      if (!state_->lost()) (void)state_->finish(until);  // the session goes on only after the last result was taken
      return checked;
    }
    ++copy;
  }
}

Result<void> Connection::replicate(std::string_view command, const ReplicationVisitor& visitor) {
  const std::string text(command);
  if (PQsendQuery(state_->conn.get(), text.c_str()) == 0) return state_->lost_failure();
  PGC_CHECK(state_->flush(state_->deadline()));
  int copy = -1;
  while (true) {
    PGC_TRY(ResultHandle result, state_->next(state_->deadline()));
    if (!result) return {};
    PGC_CHECK(state_->check(result.get()));
    const ExecStatusType status = PQresultStatus(result.get());
    Result<void> done;
    if (status == PGRES_COPY_OUT) {
      ++copy;
      done = state_->copy_bytes([&](std::string_view bytes) { return visitor.bytes(copy, bytes); });
      if (done) done = visitor.copy_end(copy);
    } else if (status == PGRES_TUPLES_OK) {
      done = visitor.rows(
          Rows(std::shared_ptr<void>(result.release(), [](void* r) { PQclear(static_cast<PGresult*>(r)); })));
    }
    if (!done) {
      (void)state_->stop(Wake::Ready);
      return done;
    }
  }
}

Result<std::string> Connection::password_verifier(const std::string& role, const SecretString& password) {
  char* const verifier =
      PQencryptPasswordConn(state_->conn.get(), password.reveal_c_str(), role.c_str(), "scram-sha-256");
  if (!verifier) return fail(ErrorCode::Bug, "libpq makes no SCRAM verifier");
  std::string text(verifier);
  PQfreemem(verifier);
  return text;
}

int Connection::server_version() const { return PQserverVersion(state_->conn.get()); }
bool Connection::is_lost() const { return state_->lost(); }
bool Connection::in_transaction() const { return PQtransactionStatus(state_->conn.get()) != PQTRANS_IDLE; }
int Connection::backend_pid() const { return PQbackendPID(state_->conn.get()); }
std::vector<std::string> Connection::take_notices() { return std::exchange(state_->notices, {}); }
void Connection::set_deadline_ms(int deadline_ms) { state_->deadline_ms = deadline_ms; }

// Here and not in raw_session.cpp: only this file knows what a Connection is made of.
RawSession::RawSession(Connection connection) : conn_(nullptr, PQfinish) {
  conn_.reset(connection.state_->conn.release());
  tls_ = PQsslStruct(conn_.get(), "OpenSSL");
}

}  // namespace pgcontract::postgres
