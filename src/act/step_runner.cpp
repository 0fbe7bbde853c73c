#include "act/step_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "act/program.hpp"
#include "base/interrupt.hpp"

namespace pgcontract::act {
namespace {

constexpr int kFirstPauseMs = 100;
constexpr int kLongestPauseMs = 2'000;
constexpr std::size_t kShownStatement = 120;
constexpr std::string_view kBegin = "BEGIN;\n";

bool worth_another_attempt(const Error& error) {
  return error.code == ErrorCode::LockTimeout || error.code == ErrorCode::ConnectionLost ||
         error.code == ErrorCode::Unreachable;
}

// Doubles each time, with jitter so that several clients do not meet again at the next lock.
void pause_before(int attempt) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  const int longest = std::min(kLongestPauseMs, kFirstPauseMs << std::min(attempt, 5));
  std::uniform_int_distribution<int> pause_ms(longest / 2, longest);
  std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms(generator)));
}

std::string joined(const std::vector<std::string>& statements) {
  std::string script;
  for (const auto& statement : statements) script += statement + ";\n";
  return script;
}

constexpr std::string_view kPosition = "character ";

std::optional<std::size_t> position_of(const Error& error) {
  std::size_t position = 0;
  if (!error.where.starts_with(kPosition)) return std::nullopt;
  std::from_chars(error.where.data() + kPosition.size(), error.where.data() + error.where.size(), position);
  return position;
}

// The error of a message as that of its part behind the first `size` bytes.
Error shifted(Error error, std::size_t size) {
  if (const auto position = position_of(error))
    error.where = fmt::format("{}{}", kPosition, *position - std::min(size, *position));
  return error;
}

// The server says "character 812" of the script: says which statement that is.
Error located(Error error, const std::vector<std::string>& statements) {
  const auto found = position_of(error);
  if (!found) return error;
  std::size_t position = *found;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    // Positions count characters, sizes bytes: with UTF-8 names the statement named may be a later one by a few bytes,
    // never an earlier one by whole statements of plain text.
    const auto characters =
        static_cast<std::size_t>(std::ranges::count_if(statements[i], [](char c) { return (c & 0xc0) != 0x80; })) + 2;
    if (position <= characters) {
      error.where = fmt::format("statement {} of {}: {}", i + 1, statements.size(),
                                statements[i].substr(0, std::min(kShownStatement, statements[i].find('\n'))));
      return error;
    }
    position -= characters;
  }
  return error;
}

}  // namespace

Outcome StepRunner::run(const Step& step) {
  const auto start = std::chrono::steady_clock::now();
  Outcome outcome;
  while (true) {
    ++outcome.attempts;
    const auto state = attempt(step);
    if (state) {
      outcome.state = *state;
      break;
    }
    if (worth_another_attempt(state.error()) && outcome.attempts < options_.attempts && !interrupt::stop_requested()) {
      pause_before(outcome.attempts);
      // A COMMIT whose answer was lost may have been done: the journal knows, because it was part of the transaction.
      if (state.error().code == ErrorCode::ConnectionLost && step.transactional && !step.program) {
        const auto done = with_journal([&](Journal& journal) { return journal.is_done(step.number); });
        if (done && *done) {
          outcome.state = StepState::Done;
          break;
        }
      }
      continue;
    }
    outcome.state = StepState::Failed;
    outcome.error = state.error();
    break;
  }
  outcome.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

Result<postgres::Connection*> StepRunner::connected() {
  if (connection_ && !connection_->is_lost()) return &*connection_;
  connection_.reset();
  postgres::ConnectOptions connect;
  connect.application_name = "pgcontract apply";
  connect.lock_timeout_ms = options_.lock_timeout_ms;
  PGC_TRY(connection_, postgres::Connection::open(dsn_, connect));
  return &*connection_;
}

Result<bool> StepRunner::is_needed(postgres::Connection& connection, const Step& step) {
  if (step.needed_if.empty()) return true;
  PGC_TRY(const auto rows, connection.query(step.needed_if));
  return !rows.empty() && rows.at(0, 0) == "t";
}

// The whole step is one message, so that a distant server is waited for once; COMMIT comes behind the look at whether
// the job is still ours.
Result<StepState> StepRunner::run_transaction(postgres::Connection& connection, const Step& step) {
  const auto rolled_back = [&](const Error& error) {
    if (!connection.is_lost()) (void)connection.execute("ROLLBACK");
    return fail(located(error, step.statements));
  };
  std::string script(kBegin);
  if (!step.needed_if.empty()) {
    PGC_CHECK(connection.execute(std::exchange(script, "")));
    const auto needed = is_needed(connection, step);
    if (!needed) return rolled_back(needed.error());
    if (!*needed) {
      PGC_CHECK(connection.execute("ROLLBACK"));
      return StepState::Unneeded;
    }
  }
  // begin() comes before every worker, so the journal is only read here: no lock is held over the network.
  const std::string mark = journal_.mark_done(step.number);
  const std::size_t before = script.size();
  const auto changed = connection.execute_counted(script + joined(step.statements) + mark);
  if (!changed) return rolled_back(shifted(changed.error(), before));
  if (!mark.empty() && *changed != 1)
    return rolled_back({ErrorCode::Conflict,
                        "another apply took over this database while the connection was lost",
                        "This step was rolled back. See how the other one ends: pgcontract status",
                        {},
                        {},
                        {}});
  if (const auto committed = connection.execute("COMMIT"); !committed) return rolled_back(committed.error());
  return StepState::Done;
}

Result<StepState> StepRunner::run_statement_by_statement(postgres::Connection& connection, const Step& step) {
  PGC_TRY(const bool needed, is_needed(connection, step));
  if (!needed) return StepState::Unneeded;
  PGC_CHECK(with_journal([&](Journal& journal) { return journal.set_running(step.number); }));
  for (const auto& statement : step.statements) PGC_CHECK(connection.execute(statement));
  return StepState::Done;
}

Result<StepState> StepRunner::attempt(const Step& step) {
  if (step.program) {
    PGC_CHECK(with_journal([&](Journal& journal) { return journal.set_running(step.number); }));
    PGC_TRY([[maybe_unused]] const std::string output,
            run_program(contract_, dsn_, *step.program, options_.lock_timeout_ms));
    return StepState::Done;
  }
  PGC_TRY(postgres::Connection * connection, connected());
  return step.transactional ? run_transaction(*connection, step) : run_statement_by_statement(*connection, step);
}

}  // namespace pgcontract::act
