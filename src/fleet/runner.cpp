#include "fleet/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "act/program.hpp"
#include "alembic/command.hpp"
#include "fleet/concurrent_index.hpp"
#include "fleet/reach.hpp"
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
Error located(Error error, const Part& part, const Message& message, int completed) {
  const int at = completed < static_cast<int>(message.statements.size()) ? message.statements[completed] : -1;
  if (at < 0 && completed >= static_cast<int>(message.statements.size())) return error;
  error.where.clear();
  if (at < 0) return error;
  const Statement& statement = part.statements[static_cast<std::size_t>(at)];
  error.where = fmt::format("revision {}: {}", statement.revision, first_line(statement.text));
  return error;
}

Error at_statement(Error error, const Statement& statement) {
  error.where = fmt::format("revision {}: {}", statement.revision, first_line(statement.text));
  return error;
}

// Behind a lost connection, and no row or mark tells.
Error unknown_end(const Statement& statement) {
  return at_statement(
      {ErrorCode::Server,
       "the connection was lost here, and nothing tells whether it was done",
       "Look at the schema, finish the revision by hand, then: pgcontract migrate stamp REVISION --force",
       {},
       {},
       {}},
      statement);
}

std::string shown(const std::vector<std::string>& rows) {
  return rows.empty() ? "the base" : fmt::format("{}", fmt::join(rows, ", "));
}

Error moved_away(const std::vector<std::string>& rows, const std::vector<std::string>& wanted) {
  return {
      ErrorCode::Conflict,
      fmt::format("the version rows are {}, not {} as planned: somebody else migrated it", shown(rows), shown(wanted)),
      "Nothing was changed here. Look at it, then run the command again: it plans from where things are.",
      {},
      {},
      {}};
}

}  // namespace

Result<postgres::Connection*> Runner::connected() {
  if (connection_ && !connection_->is_lost()) return &*connection_;
  connection_.reset();
  postgres::ConnectOptions options;
  options.application_name = setting_.application_name;
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
                           "THEN pg_catalog.concat(l.mode, ' on ', n.nspname, '.', c.relname) END), "
                           "pg_catalog.min(CASE WHEN n.nspname OPERATOR(pg_catalog.<>) $1 "
                           "AND n.nspname OPERATOR(pg_catalog.!~) '^pg_' "
                           "AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock' "
                           "AND c.xmin OPERATOR(pg_catalog.=) pg_catalog.pg_current_xact_id()::pg_catalog.xid "
                           "THEN pg_catalog.concat(n.nspname, '.', c.relname) END) "
                           "FROM pg_catalog.pg_locks AS l "
                           "LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) l.relation "
                           "LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
                           "WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()",
                           {schema}));
  LocksSeen seen;
  const auto count = rows.at(0, 0);
  std::from_chars(count.data(), count.data() + count.size(), seen.count);
  seen.shared = rows.at(0, 1);
  seen.changed = rows.at(0, 2);
  return seen;
}

Result<void> Runner::commit_after_a_look(postgres::Connection& connection, const Passage& passage, LocksSeen& locks) {
  // What fails while we look must not take the transaction with it; rolled back it leaves the role as it was, too.
  PGC_CHECK(connection.execute("SAVEPOINT pgcontract_look; RESET ROLE"));
  const auto seen = locks_held(connection, passage.schema.name);
  PGC_CHECK(connection.execute("ROLLBACK TO SAVEPOINT pgcontract_look; RELEASE SAVEPOINT pgcontract_look"));
  if (seen) {
    locks.count = std::max(locks.count, seen->count);
    if (locks.shared.empty()) locks.shared = seen->shared;
    // Dropping a foreign key locks the shared table as strongly and leaves its definition alone.
    if (passage.schema.tenant && !setting_.shared && !seen->changed.empty()) {
      const auto& revisions = passage.script->parts[passage.part].revisions;
      return fail(reach_error(seen->changed, fmt::format("revision {}", fmt::join(revisions, ", "))));
    }
  }
  return connection.execute(fmt::format("{}", fmt::join(commit_statements(*passage.script), "; ")));
}

void Runner::next_part(Passage& passage) {
  ++passage.part;
  passage.statement = 0;
  passage.begun = passage.answer_lost = false;
  passage.schema.has_table = true;
}

Result<void> Runner::transaction(Passage& passage, LocksSeen* locks) {
  PGC_TRY(postgres::Connection * connection, connected());
  const Part& part = passage.script->parts[passage.part];
  const Message message =
      transaction_message(*passage.script, passage.part, passage.schema, setting_, passage.step, locks != nullptr);
  int completed = 0;
  auto sent = connection->execute(message.text, &completed);
  if (sent && locks) sent = commit_after_a_look(*connection, passage, *locks);
  if (sent) {
    next_part(passage);
    return {};
  }
  if (connection->is_lost()) {
    passage.answer_lost = true;
    if (!mark_of(part).empty() && setting_.job.empty()) return fail(unknown_end(part.statements.back()));
    return tl::unexpected(sent.error());
  }
  if (connection->in_transaction()) (void)connection->execute("ROLLBACK");
  const bool ours = completed < static_cast<int>(message.statements.size()) && message.statements[completed] < 0;
  if (ours && is_mark_failure(sent.error())) {
    next_part(passage);  // its COMMIT's answer was lost
    return {};
  }
  // Somebody else was here: the rows are others, or the version table that we were about to make is there.
  const bool table_made = ours && sent.error().sqlstate == "42P07" && !passage.schema.has_table && passage.part == 0;
  if ((ours && is_guard_failure(sent.error())) || table_made) return look_again(passage);
  return fail(located(sent.error(), part, message, completed));
}

Result<bool> Runner::find_place(Passage& passage, const std::vector<std::string>& rows) {
  const auto& parts = passage.script->parts;
  for (std::size_t i = parts.size(); i > passage.part; --i) {
    const Part& part = parts[i - 1];
    if (part.rows_after != rows || part.rows_before == rows) continue;
    bool ours = passage.answer_lost && i - 1 == passage.part;
    // It began the next revision as well: the rows alone do not say that it ran, the mark beside them does.
    if (const std::string mark = mark_of(part); !mark.empty()) {
      PGC_TRY(postgres::Connection * connection, connected());
      const auto asked = connection->query(mark_guard(mark, setting_, passage.step));
      if (asked || !is_mark_failure(asked.error())) return false;
      ours = true;
    }
    passage.part = i - 1;
    next_part(passage);
    passage.moved_by_others = passage.moved_by_others || !ours;
    return true;
  }
  return false;
}

Result<void> Runner::look_again(Passage& passage) {
  PGC_TRY(postgres::Connection * connection, connected());
  PGC_TRY(const auto rows, read_rows(*connection, passage.schema.name, setting_.version_table));
  const bool had_table = std::exchange(passage.schema.has_table, true);
  const auto& wanted = passage.script->parts[passage.part].rows_before;
  if (!had_table && rows == wanted) return {};  // an empty table by now
  PGC_TRY(const bool found, find_place(passage, rows));
  if (found) return {};
  return fail(moved_away(rows, wanted));
}

Result<void> Runner::autocommit(Passage& passage) {
  PGC_TRY(postgres::Connection * connection, connected());
  const Part& part = passage.script->parts[passage.part];
  if (!passage.schema.has_table) {
    const auto made = connection->execute(table_message(passage.schema, setting_));
    if (!made && !connection->is_lost() && connection->in_transaction()) (void)connection->execute("ROLLBACK");
    if (!made && made.error().sqlstate != "42P07") return tl::unexpected(made.error());
    passage.schema.has_table = true;
  }
  PGC_TRY(const auto rows, read_rows(*connection, passage.schema.name, setting_.version_table));
  if (rows != part.rows_before) return look_again(passage);
  PGC_CHECK(connection->execute(enter_schema(passage.schema, setting_)));
  Result<void> ran = statements_alone(*connection, passage);
  if (!connection->is_lost())
    if (auto left = connection->execute(kLeaveSchema); ran && !left) ran = left;
  if (ran) next_part(passage);
  return ran;
}

Result<void> Runner::statements_alone(postgres::Connection& connection, Passage& passage) {
  const auto& statements = passage.script->parts[passage.part].statements;
  while (passage.statement < statements.size()) {
    const Statement& statement = statements[passage.statement];
    const Alone alone = alone_of(statement.text);
    const bool marks = !setting_.job.empty() && !statement.mark.empty();
    const bool with_mark = marks && alone == Alone::No;
    PGC_CHECK(with_mark ? with_its_mark(connection, passage) : by_itself(connection, passage, alone));
    // We know that it is done, whether or not its mark can be written.
    ++passage.statement;
    passage.begun = false;
    if (marks && !with_mark) PGC_CHECK(write_mark(connection, passage, statement.mark));
  }
  return {};
}

Result<void> Runner::with_its_mark(postgres::Connection& connection, Passage& passage) {
  const Part& part = passage.script->parts[passage.part];
  const Message message = marked_statement(part, passage.statement, passage.schema, setting_, passage.step);
  int completed = 0;
  const auto ran = connection.execute(message.text, &completed);
  if (ran) return {};
  if (!connection.is_lost() && connection.in_transaction()) (void)connection.execute("ROLLBACK");
  const bool ours = completed < static_cast<int>(message.statements.size()) && message.statements[completed] < 0;
  if (ours && is_mark_failure(ran.error())) return {};  // its COMMIT's answer was lost
  if (ours && is_guard_failure(ran.error())) {
    PGC_TRY(const auto rows, read_rows(connection, passage.schema.name, setting_.version_table));
    return fail(moved_away(rows, part.rows_before));
  }
  return fail(located(ran.error(), part, message, completed));
}

Result<void> Runner::by_itself(postgres::Connection& connection, Passage& passage, Alone alone) {
  const auto& statements = passage.script->parts[passage.part].statements;
  const Statement& statement = statements[passage.statement];
  if (passage.begun && alone != Alone::Repeatable) return fail(unknown_end(statement));
  if (!statement.mark.empty()) PGC_CHECK(write_mark(connection, passage, statement.mark + kBegun));
  PGC_TRY(const bool needed, prepare_concurrent_index(connection, passage.schema.name, statement.text, passage.begun));
  auto ran = needed ? connection.execute(statement.text) : Result<void>{};
  // An enum's value is there from an attempt that was cut off.
  if (!ran && passage.begun && ran.error().sqlstate == "42710" && statement.text.find("ADD VALUE") != std::string::npos)
    ran = {};
  if (ran) return {};
  if (connection.is_lost()) {
    passage.begun = true;
    return fail(at_statement(ran.error(), statement));
  }
  // The attempt that was cut off may still be at work in the server, and does it by and by: looked at again later.
  if (passage.begun) {
    Error error = at_statement(ran.error(), statement);
    if (error.sqlstate == "42P07" || error.sqlstate == "42704") error.code = ErrorCode::LockTimeout;
    return fail(std::move(error));
  }
  // It answered: nothing of it is there, but for what a failed index leaves.
  (void)drop_invalid_index(connection, passage.schema.name, statement.text);
  const auto& parts = passage.script->parts;
  const std::string before = passage.statement > 0 ? statements[passage.statement - 1].mark
                             : passage.part > 0    ? mark_of(parts[passage.part - 1])
                                                   : "";
  if (!statement.mark.empty()) (void)write_mark(connection, passage, before);
  return fail(at_statement(ran.error(), statement));
}

Result<void> Runner::write_mark(postgres::Connection& connection, const Passage& passage, const std::string& mark) {
  if (setting_.job.empty()) return {};
  const std::string table = qualified_table(passage.schema, setting_);
  return connection.execute(fmt::format("RESET ROLE; {}{}", mark_update(mark, table, setting_, passage.step),
                                        setting_.owner.empty() ? "" : "; SET ROLE " + quoted(setting_.owner)));
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
  passage.answer_lost = true;  // of a program's that is ended
  const auto ran = act::run_program(contract_, dsn_, Program{arguments, setting_.owner, quoted(passage.schema.name)},
                                    setting_.lock_timeout_ms);
  if (!ran) return tl::unexpected(ran.error());
  if (!passage.schema.has_table && !passage.schema.role.empty())
    PGC_CHECK(connection->execute(fmt::format("REVOKE ALL ON TABLE {} FROM {}",
                                              qualified_table(passage.schema, setting_), quoted(passage.schema.role))));
  passage.schema.has_table = true;
  PGC_TRY(const auto rows, read_rows(*connection, passage.schema.name, setting_.version_table));
  if (rows == part.rows_after) {
    next_part(passage);
    return {};
  }
  PGC_TRY(const bool found, find_place(passage, rows));
  if (found) return {};
  // Nobody else's doing: the whole group would go there.
  return fail(ErrorCode::Process,
              fmt::format("Alembic ended at {}, planned was {}: it has changed this schema", shown(rows),
                          shown(part.rows_after)),
              "Compare env.py's version_table and schema with the contract's migrations.");
}

}  // namespace pgcontract::fleet
