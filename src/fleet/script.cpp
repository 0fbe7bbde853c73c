#include "fleet/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "alembic/command.hpp"
#include "alembic/script.hpp"
#include "alembic/sql_statement.hpp"
#include "alembic/text_file.hpp"
#include "base/process.hpp"
#include "base/sha256.hpp"
#include "fleet/doubt.hpp"

namespace pgcontract::fleet {
namespace {

constexpr std::string_view kTable = "{table}";

// A revision's own statements, without those that move the rows.
struct Body {
  std::vector<alembic::RenderedStatement> statements;
  std::optional<std::size_t> rows_at;  // where the rows' statements stood among them
  int rows_transaction = 0;
  std::string delegate_reason;  // it must be left to Alembic
  bool own_values = false;      // and each schema's run makes its own values
  std::string recorded_reason;  // its statements were recorded, because of this
};

std::vector<std::string> words_of(const std::string& statement) {
  const std::string script = statement + ";";
  const auto split = alembic::split_sql(script);
  return split && split->statements.size() == 1 ? split->statements[0].words : std::vector<std::string>{};
}

bool is_of_rows(const std::string& statement, const std::string& table) {
  const auto words = words_of(statement);
  const auto at = [&](std::size_t i, std::string_view word) { return i < words.size() && words[i] == word; };
  return (at(0, "insert") && at(1, "into") && at(2, table)) || (at(0, "update") && at(1, table)) ||
         (at(0, "delete") && at(1, "from") && at(2, table));
}
// Alembic writes these around a script that begins or, in older versions, ends at the base; we decide by what is there.
bool is_of_table(const std::string& statement, const std::string& table) {
  const auto words = words_of(statement);
  return words.size() > 2 && (words[0] == "create" || words[0] == "drop") && words[1] == "table" && words[2] == table;
}

// Python that prints in a revision stands among the SQL as if it were some.
bool is_sql(const std::string& statement) {
  static constexpr std::string_view kCommands[] = {
      "alter",   "analyze",    "call",     "checkpoint", "close",    "cluster", "comment", "copy",
      "create",  "deallocate", "declare",  "delete",     "discard",  "do",      "drop",    "execute",
      "explain", "fetch",      "grant",    "import",     "insert",   "listen",  "load",    "lock",
      "merge",   "move",       "notify",   "prepare",    "reassign", "refresh", "reindex", "release",
      "reset",   "revoke",     "rollback", "savepoint",  "security", "select",  "set",     "show",
      "table",   "truncate",   "unlisten", "update",     "vacuum",   "values",  "with"};
  const auto words = words_of(statement);
  return words.empty() || std::ranges::find(kCommands, words[0]) != std::end(kCommands);
}

Body body_of(const alembic::RenderedRevision& revision, const std::string& table) {
  Body body;
  std::size_t last = revision.statements.size();
  for (std::size_t i = revision.statements.size(); i > 0; --i)
    if (is_of_rows(revision.statements[i - 1].text, table)) {
      last = i;
      break;
    }
  if (last == revision.statements.size() && (last == 0 || !is_of_rows(revision.statements[last - 1].text, table))) {
    body.delegate_reason = fmt::format("its SQL does not move the rows of {}", table);
    return body;
  }
  std::size_t first = last;
  while (first > 0 && is_of_rows(revision.statements[first - 1].text, table)) --first;
  if (const auto& rows = revision.statements[last - 1]; rows.transactional) body.rows_transaction = rows.transaction;
  for (std::size_t i = 0; i < revision.statements.size(); ++i) {
    if (i == first) body.rows_at = body.statements.size();
    if (i >= first && i < last) continue;
    const auto& statement = revision.statements[i];
    if (is_of_table(statement.text, table)) continue;
    if (!is_sql(statement.text)) {
      body.delegate_reason = fmt::format("it prints what is no SQL: {}", statement.text.substr(0, 60));
      return body;
    }
    body.statements.push_back(statement);
  }
  return body;
}

// Renders what a route needs, with as few runs of Alembic as the history allows.
class Renderer {
 public:
  Renderer(const alembic::Route& route, const std::string& table, const Render& render)
      : route_(route), table_(table), render_(render) {}

  Result<std::map<std::string, Body>> run(const std::vector<std::string>& rows) {
    if (rows.size() <= 1) PGC_CHECK(whole(rows.empty() ? "" : rows.front()));
    for (const auto& step : route_)
      if (!bodies_.contains(step.revision)) PGC_CHECK(single(step));
    return std::move(bodies_);
  }

 private:
  bool upgrade() const { return route_.front().upgrade; }
  // The range that Alembic is asked for; the base has no name in an upgrade's.
  static std::vector<std::string> arguments(bool upgrade, const std::string& from, const std::string& to) {
    return {upgrade ? "upgrade" : "downgrade", upgrade && from.empty() ? to : fmt::format("{}:{}", from, to), "--sql"};
  }
  std::string end() const {
    const auto& rows = route_.back().rows_after;
    if (rows.size() == 1) return rows.front();
    return upgrade() ? "heads" : rows.empty() ? "base" : "";
  }

  Result<void> whole(std::string from) {
    const std::string to = end();
    if (to.empty()) return {};
    // Where a revision fails, what stands before it is good, and Alembic is asked again for what stands behind it.
    for (std::size_t attempt = 0; attempt <= route_.size(); ++attempt) {
      PGC_TRY(const auto failed_at, ask(arguments(upgrade(), from, to)));
      if (failed_at.empty()) return {};
      const auto step = std::ranges::find(route_, failed_at, &alembic::RouteStep::revision);
      if (step == route_.end() || step + 1 == route_.end() || step->rows_after.size() != 1) return {};
      from = step->rows_after.front();
      if (from == to) return {};
    }
    return {};
  }

  Result<void> single(const alembic::RouteStep& step) {
    const auto& low = upgrade() ? step.from : step.to;
    const std::string below = low.empty() ? (upgrade() ? "" : "base") : low.front();
    PGC_CHECK(ask(arguments(upgrade(), upgrade() ? below : step.revision, upgrade() ? step.revision : below)));
    if (bodies_.contains(step.revision)) return {};
    Body body;
    body.delegate_reason = why_.empty() ? "Alembic does not render it" : why_;
    bodies_.emplace(step.revision, std::move(body));
    return {};
  }

  // Keeps what it can; the revision that Alembic failed at, "?" where it failed before the first.
  Result<std::string> ask(const std::vector<std::string>& arguments) {
    PGC_TRY(const Printed printed, render_(arguments));
    ++runs_;
    why_.clear();
    const auto sql = alembic::without_chatter(printed.output);
    const bool failed = printed.exit_code != 0;
    const auto revisions = alembic::split_rendered(sql, failed);
    std::string failed_at;
    if (failed) {
      const auto last = alembic::last_revision(printed.output);
      failed_at = last ? (last->upgrade ? last->to : last->from).front() : "?";
      why_ = fmt::format("it cannot be rendered as SQL: {}", alembic::last_line(printed.error_output));
      if (last && wanted(failed_at) && !bodies_.contains(failed_at)) bodies_[failed_at].delegate_reason = why_;
    }
    if (!revisions) {
      why_ = revisions.error().message;
      return failed_at;
    }
    for (const auto& revision : *revisions) {
      const auto& id = (revision.upgrade ? revision.to : revision.from).front();
      if (!wanted(id) || bodies_.contains(id)) continue;
      Body& body = bodies_.emplace(id, body_of(revision, table_)).first->second;
      body.rows_transaction += of_run(body.rows_transaction);
      for (auto& statement : body.statements) statement.transaction += of_run(statement.transaction);
    }
    return failed_at;
  }
  // Each run of Alembic counts its transactions from 1; those of different runs are not the same.
  int of_run(int transaction) const {
    constexpr int kMost = 100'000;
    return transaction == 0 ? 0 : runs_ * kMost;
  }
  bool wanted(const std::string& id) const {
    return std::ranges::find(route_, id, &alembic::RouteStep::revision) != route_.end();
  }

  const alembic::Route& route_;
  const std::string& table_;
  const Render& render_;
  std::map<std::string, Body> bodies_;
  std::string why_;  // the last run of Alembic's failed
  int runs_ = 0;
};

// Puts what was recorded in the place of what could not be rendered; not where each run makes values of its own.
Result<Uuid> take_recorded(std::map<std::string, Body>& bodies, const Record& record) {
  const bool needed = std::ranges::any_of(
      bodies, [](const auto& entry) { return !entry.second.delegate_reason.empty() && !entry.second.own_values; });
  if (!record || !needed) return Uuid{};
  auto recorded = record();
  // The numbers of its transactions are not those of any that was rendered.
  constexpr int kRecorded = 1'000'000'000;
  for (auto& [id, body] : bodies) {
    if (body.delegate_reason.empty()) continue;
    if (body.own_values) continue;
    const auto found = recorded ? recorded->revisions.find(id) : decltype(recorded->revisions.end()){};
    const bool heard = recorded && found != recorded->revisions.end();
    if (!heard || !found->second.refused.empty()) {
      body.delegate_reason += "; it cannot be recorded: " + (!recorded ? recorded.error().message
                                                             : heard   ? found->second.refused
                                                                       : "Alembic was not heard to run it");
      continue;
    }
    body.recorded_reason = std::exchange(body.delegate_reason, {});
    body.statements = std::move(found->second.statements);
    for (auto& statement : body.statements) statement.transaction += kRecorded;
    body.rows_at = found->second.rows_at;
    body.rows_transaction = found->second.rows_transaction + (found->second.rows_transaction == 0 ? 0 : kRecorded);
  }
  if (!recorded && recorded.error().code == ErrorCode::Cancelled) return tl::unexpected(recorded.error());
  return recorded ? recorded->scratch : Uuid{};
}

class Assembler {
 public:
  Assembler(Script& script, const Uuid& scratch) : script_(script), scratch_(scratch), rows_(script.from) {}

  void add(const alembic::RouteStep& step, const Body& body) {
    if (!body.delegate_reason.empty()) {
      Part& part = open(Mode::Delegate);
      part.reason = body.delegate_reason;
      part.own_values = body.own_values;
      // A bare target of a downgrade takes down its children in every branch; REV@… keeps to this one.
      part.target = step.upgrade ? step.revision : step.revision + "@" + (step.to.empty() ? "base" : step.to.front());
      part.revisions = {step.revision};
      rows_ = part.rows_after = step.rows_after;
      transaction_ = kNone;
      return;
    }
    so_far_ = step.upgrade ? "upgrade" : "downgrade";
    is_moved_ = false;
    for (std::size_t i = 0; i < body.statements.size(); ++i) {
      if (i == body.rows_at) move_rows(step, body);
      const auto& statement = body.statements[i];
      put(step.revision, body, statement.text, statement.transactional ? statement.transaction : kAutocommit);
    }
    if (body.rows_at == body.statements.size()) move_rows(step, body);
  }

 private:
  static constexpr int kNone = -1, kAutocommit = -2, kRowsAlone = -3;

  Part& open(Mode mode) {
    script_.parts.push_back({mode, {}, {}, rows_, rows_, {}, {}, false, false});
    return script_.parts.back();
  }

  Part& part_of(const std::string& revision, const Body& body, int transaction) {
    const bool recorded = !body.recorded_reason.empty();
    if (script_.parts.empty() || transaction != transaction_ || script_.parts.back().recorded != recorded)
      open(transaction == kAutocommit ? Mode::Autocommit : Mode::Transaction);
    transaction_ = transaction;
    Part& part = script_.parts.back();
    part.recorded = recorded;
    if (part.reason.find(body.recorded_reason) == std::string::npos)
      part.reason += (part.reason.empty() ? "" : "; ") + body.recorded_reason;
    if (part.revisions.empty() || part.revisions.back() != revision) part.revisions.push_back(revision);
    return part;
  }

  void put(const std::string& revision, const Body& body, const std::string& text, int transaction) {
    Statement statement{text, false, revision, {}, {}};
    const bool names_scratch =
        text.find(scratch_.hex()) != std::string::npos || text.find(scratch_.canonical()) != std::string::npos;
    if (!body.recorded_reason.empty() && names_scratch) statement.scratch = scratch_;
    // By its text and not by its number: a run that begins elsewhere numbers otherwise, and a file may have changed.
    // Each recording has a tenant of its own.
    so_far_ = sha256(so_far_ + '\0' + (statement.scratch ? with_tenant(text, scratch_, Uuid{}) : text));
    constexpr std::size_t kDigits = 12;
    if (!is_moved_) statement.mark = fmt::format("part {} {}", revision, so_far_.substr(0, kDigits));
    part_of(revision, body, transaction).statements.push_back(std::move(statement));
    const auto words = words_of(text);
    const bool sets = !words.empty() && (words[0] == "set" || words[0] == "reset") &&
                      !(words.size() > 1 && (words[1] == "local" || words[1] == "constraints"));
    script_.resets_session = script_.resets_session || sets || text.find("set_config") != std::string::npos;
  }

  void move_rows(const alembic::RouteStep& step, const Body& body) {
    // Where Alembic moves them in no transaction, we do it in one of their own, which the guard can be part of.
    Part& part = part_of(step.revision, body, body.rows_transaction == 0 ? kRowsAlone : body.rows_transaction);
    for (auto& statement : alembic::row_statements(step.rows, std::string(kTable)))
      part.statements.push_back({std::move(statement), true, step.revision, {}, {}});
    rows_ = part.rows_after = step.rows_after;
    is_moved_ = true;
  }

  Script& script_;
  const Uuid scratch_;
  std::vector<std::string> rows_;
  std::string so_far_;     // of the revision in hand: a hash of its statements
  bool is_moved_ = false;  // its rows are
  int transaction_ = kNone;
};

void leave(Body& body, Doubt doubt) {
  body.delegate_reason = std::move(doubt.reason);
  body.own_values = doubt.own_values;
}

std::vector<std::string> texts_of(const Body& body) {
  std::vector<std::string> out;
  for (const auto& statement : body.statements) out.push_back(statement.text);
  return out;
}

// What Alembic rendered and would not do so on a connection becomes its own again.
Result<void> leave_what_is_doubtful(const std::vector<std::string>& rows, const alembic::Route& route,
                                    const std::string& directory, const std::string& version_table,
                                    const Render& render, std::map<std::string, Body>& bodies) {
  bool twice = false;
  for (const auto& step : route) {
    Body& body = bodies.at(step.revision);
    std::string source;
    if (!step.file.empty())
      source = alembic::read_text_file((std::filesystem::path(directory) / step.file).string(), step.file).value_or("");
    auto doubt = doubt_of_source(source);
    // It could not be rendered, and what the source says of its values holds all the same.
    if (!body.delegate_reason.empty()) {
      body.own_values = doubt && doubt->own_values;
      if (body.own_values) body.delegate_reason += "; " + doubt->reason;
      continue;
    }
    for (const auto& statement : body.statements)
      if (!doubt) doubt = doubt_of_rendered(statement.text);
    if (doubt) leave(body, std::move(*doubt));
    twice = twice || (!doubt && imports_others(source));
  }
  if (!twice) return {};
  PGC_TRY(const auto again, Renderer(route, version_table, render).run(rows));
  for (auto& [revision, body] : bodies)
    if (body.delegate_reason.empty() && texts_of(body) != texts_of(again.at(revision)))
      leave(body, {"it makes other SQL each time it is rendered", true});
  return {};
}

}  // namespace

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::Transaction: return "transaction";
    case Mode::Autocommit: return "autocommit";
    case Mode::Delegate: return "delegate";
  }
  return "?";
}

Render alembic_renderer(const Contract& contract, const std::string& section, const std::string& url) {
  return [&contract, section, url](const std::vector<std::string>& arguments) -> Result<Printed> {
    const Migrations& migrations = *contract.migrations;
    ProcessRequest request;
    request.arguments = {migrations.command, "-c", migrations.config, "-n", section};
    request.arguments.insert(request.arguments.end(), arguments.begin(), arguments.end());
    request.directory = contract.directory;
    request.environment = {{"PYTHONDONTWRITEBYTECODE", "1"}, {migrations.url_variable, url}};
    PGC_TRY(ProcessResult result, run_process(request));
    return Printed{result.exit_code, std::move(result.output), std::move(result.error_output)};
  };
}

Result<Script> make_script(const std::vector<std::string>& rows, const alembic::Route& route,
                           const std::string& directory, const std::string& version_table, const Render& render,
                           const Record& record) {
  Script script;
  script.from = script.to = rows;
  script.route = route;
  if (route.empty()) return script;
  script.upgrade = route.front().upgrade;
  script.to = route.back().rows_after;
  PGC_TRY(auto bodies, Renderer(route, version_table, render).run(rows));
  PGC_CHECK(leave_what_is_doubtful(rows, route, directory, version_table, render, bodies));
  PGC_TRY(const Uuid scratch, take_recorded(bodies, record));
  Assembler assembler(script, scratch);
  for (const auto& step : route) assembler.add(step, bodies.at(step.revision));
  return script;
}

std::string mark_of(const Part& part) { return part.statements.empty() ? "" : part.statements.back().mark; }

Script stamp_script(const std::vector<std::string>& rows, const alembic::Route& route) {
  Script script;
  script.stamp = true;
  script.from = script.to = rows;
  script.route = route;
  if (route.empty()) return script;
  script.to = route.back().rows_after;
  Part part;
  part.rows_before = rows;
  part.rows_after = script.to;
  for (const auto& step : route)
    for (auto& statement : alembic::row_statements(step.rows, std::string(kTable)))
      part.statements.push_back({std::move(statement), true, "", {}});
  script.parts.push_back(std::move(part));
  return script;
}

std::string text_for(const Statement& statement, const std::string& qualified_table,
                     const std::optional<Uuid>& tenant) {
  if (statement.scratch && tenant) return with_tenant(statement.text, *statement.scratch, *tenant);
  if (!statement.of_rows) return statement.text;
  const auto at = statement.text.find(kTable);
  return statement.text.substr(0, at) + qualified_table + statement.text.substr(at + kTable.size());
}

std::string with_tenant(std::string text, const Uuid& from, const Uuid& to) {
  const auto replace = [&](const std::string& old, const std::string& now) {
    for (auto at = text.find(old); at != std::string::npos; at = text.find(old, at + now.size()))
      text.replace(at, old.size(), now);
  };
  replace(from.hex(), to.hex());
  replace(from.canonical(), to.canonical());
  return text;
}

}  // namespace pgcontract::fleet
