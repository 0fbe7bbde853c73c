#include "fleet/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "act/program.hpp"
#include "alembic/command.hpp"
#include "fleet/concurrent_index.hpp"
#include "fleet/survey.hpp"
#include "model/observation.hpp"

namespace pgcontract::fleet {
namespace {

constexpr std::size_t kShownStatement = 120;

std::string first_line(const std::string& text) {
  const auto begin = std::min(text.find_first_not_of(" \n\t"), text.size());
  return text.substr(begin, std::min(kShownStatement, text.find('\n', begin) - begin));
}

// Which revision and which statement, instead of a place in a message that nobody sees.
Error located(Error error, const Part& part, const Message& message, int completed, const std::optional<Uuid>& tenant) {
  const int at = completed < static_cast<int>(message.statements.size()) ? message.statements[completed] : -1;
  error.where.clear();
  if (at < 0) return error;
  const Statement& statement = part.statements[static_cast<std::size_t>(at)];
  error.where = fmt::format("revision {}: {}", statement.revision, first_line(text_for(statement, "", tenant)));
  return error;
}

std::string shown(const std::vector<std::string>& rows) {
  return rows.empty() ? "the base" : fmt::format("{}", fmt::join(rows, ", "));
}

}  // namespace

Result<postgres::Connection*> Runner::connected() {
  if (connection_ && !connection_->is_lost()) return &*connection_;
  connection_.reset();
  postgres::ConnectOptions options;
  options.application_name = "pgcontract migrate";
  options.lock_timeout_ms = setting_.lock_timeout_ms;
  options.statement_timeout_ms = 0;  // a rewrite takes what it takes
  // Nothing is said to be done before the journal says so, in a commit that is waited for and stands behind ours in the
  // log: a crash loses both or neither. Without a journal each commit waits for itself.
  const std::string own = dsn_.keyword("options");
  const postgres::Dsn dsn =
      setting_.job.empty() ? dsn_ : dsn_.with("options", own + (own.empty() ? "" : " ") + "-c synchronous_commit=off");
  PGC_TRY(connection_, postgres::Connection::open(dsn, options));
  return &*connection_;
}

Result<void> Runner::advance(Passage& passage, LocksSeen* locks) {
  ++passage.attempts;
  while (passage.part < passage.script->parts.size()) {
    switch (passage.script->parts[passage.part].mode) {
      case Mode::Transaction: PGC_CHECK(transaction(passage, locks)); break;
      case Mode::Autocommit: PGC_CHECK(autocommit(passage)); break;
      case Mode::Delegate: PGC_CHECK(delegate(passage)); break;
    }
  }
  return {};
}

Result<LocksSeen> Runner::locks_held(postgres::Connection& connection, const std::string& schema) {
  PGC_TRY(const auto rows,
          connection.query("SELECT pg_catalog.count(*), pg_catalog.min(CASE WHEN n.nspname OPERATOR(pg_catalog.<>) $1 "
                           "AND n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND l.mode OPERATOR(pg_catalog.=) ANY ("
                           "'{ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::pg_catalog.text[]) "
                           "THEN pg_catalog.concat(l.mode, ' on ', n.nspname, '.', c.relname) END) "
                           "FROM pg_catalog.pg_locks AS l "
                           "LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) l.relation "
                           "LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
                           "WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()",
                           {schema}));
  LocksSeen seen;
  const auto count = rows.at(0, 0);
  std::from_chars(count.data(), count.data() + count.size(), seen.count);
  seen.shared = rows.at(0, 1);
  return seen;
}

Result<void> Runner::transaction(Passage& passage, LocksSeen* locks) {
  PGC_TRY(postgres::Connection * connection, connected());
  const Part& part = passage.script->parts[passage.part];
  const Message message =
      transaction_message(*passage.script, passage.part, passage.schema, setting_, passage.step, locks != nullptr);
  int completed = 0;
  auto sent = connection->execute(message.text, &completed);
  if (sent && locks) {
    if (auto seen = locks_held(*connection, passage.schema.name)) {
      locks->count = std::max(locks->count, seen->count);
      if (locks->shared.empty()) locks->shared = std::move(seen->shared);
    }
    sent = connection->execute("COMMIT");
  }
  if (sent) {
    ++passage.part;
    passage.schema.has_table = true;
    return {};
  }
  if (!connection->is_lost() && connection->in_transaction()) (void)connection->execute("ROLLBACK");
  // Somebody else was here: the rows are others, or the version table that we were about to make is there.
  const bool table_made = sent.error().sqlstate == "42P07" && !passage.schema.has_table && passage.part == 0;
  const bool ours = completed < static_cast<int>(message.statements.size()) && message.statements[completed] < 0;
  if ((ours && is_guard_failure(sent.error())) || table_made) return look_again(passage);
  return fail(located(sent.error(), part, message, completed, passage.schema.tenant));
}

Result<void> Runner::look_again(Passage& passage) {
  PGC_TRY(postgres::Connection * connection, connected());
  PGC_TRY(const auto rows, read_rows(*connection, passage.schema.name, setting_.version_table));
  const bool had_table = std::exchange(passage.schema.has_table, true);
  const auto& parts = passage.script->parts;
  if (!had_table && rows == parts[passage.part].rows_before) return {};  // an empty table by now
  for (std::size_t i = parts.size(); i > passage.part; --i) {
    if (parts[i - 1].rows_after != rows || parts[i - 1].rows_before == rows) continue;
    passage.part = i;
    passage.moved_by_others = true;
    return {};
  }
  return fail(ErrorCode::Conflict,
              fmt::format("the version rows are {}, not {} as planned: somebody else migrated it", shown(rows),
                          shown(parts[passage.part].rows_before)),
              "Nothing was changed here. Look at it, then run the command again: it plans from where things are.");
}

Result<void> Runner::autocommit(Passage& passage) {
  PGC_TRY(postgres::Connection * connection, connected());
  const Part& part = passage.script->parts[passage.part];
  if (passage.part > 0 || passage.schema.has_table) {
    PGC_TRY(const auto rows, read_rows(*connection, passage.schema.name, setting_.version_table));
    if (rows != part.rows_before) return look_again(passage);
  }
  PGC_CHECK(connection->execute(enter_schema(passage.schema, setting_)));
  Result<void> ran;
  for (const auto& statement : part.statements)
    if (ran) ran = autocommit_statement(*connection, passage, statement);
  if (!connection->is_lost())
    if (auto left = connection->execute(kLeaveSchema); ran && !left) ran = left;
  if (ran) ++passage.part;
  return ran;
}

Result<void> Runner::autocommit_statement(postgres::Connection& connection, const Passage& passage,
                                          const Statement& statement) {
  const std::string text = text_for(statement, qualified_table(passage.schema, setting_), passage.schema.tenant);
  PGC_TRY(const bool needed, prepare_concurrent_index(connection, passage.schema.name, text));
  if (!needed) return {};
  const auto ran = connection.execute(text);
  if (ran) return {};
  Error error = ran.error();
  error.where = fmt::format("revision {}: {}", statement.revision, first_line(text));
  // An enum's value is there from an attempt that was cut off.
  if (error.sqlstate == "42710" && text.find("ADD VALUE") != std::string::npos) return {};
  if (!connection.is_lost()) (void)drop_invalid_index(connection, passage.schema.name, text);
  return fail(std::move(error));
}

Result<void> Runner::delegate(Passage& passage) {
  const Part& part = passage.script->parts[passage.part];
  const Migrations& migrations = *contract_.migrations;
  const std::string& section = passage.schema.tenant ? migrations.tenant_section : migrations.application_section;
  PGC_TRY(postgres::Connection * connection, connected());
  if (passage.schema.has_table) {
    PGC_TRY(const auto rows, read_rows(*connection, passage.schema.name, setting_.version_table));
    if (rows != part.rows_before) return look_again(passage);
  }
  auto arguments = alembic::upgrade_arguments(migrations, section, part.target, /*sql=*/false);
  *std::ranges::find(arguments, "upgrade") = passage.script->upgrade ? "upgrade" : "downgrade";
  const auto ran = act::run_program(contract_, dsn_, Program{arguments, setting_.owner, quoted(passage.schema.name)},
                                    setting_.lock_timeout_ms);
  if (!ran) return tl::unexpected(ran.error());
  if (!passage.schema.has_table && !passage.schema.role.empty())
    PGC_CHECK(connection->execute(fmt::format("REVOKE ALL ON TABLE {} FROM {}",
                                              qualified_table(passage.schema, setting_), quoted(passage.schema.role))));
  passage.schema.has_table = true;
  PGC_TRY(const auto rows, read_rows(*connection, passage.schema.name, setting_.version_table));
  if (rows != part.rows_after) return look_again(passage);
  ++passage.part;
  return {};
}

}  // namespace pgcontract::fleet
