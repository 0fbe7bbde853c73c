#include "fleet/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "fleet/message.hpp"
#include "model/observation.hpp"

namespace pgcontract::fleet {
namespace {

constexpr std::string_view kBase = "base";
constexpr std::string_view kArrow = " -> ";
constexpr std::string_view kAt = " at ";

std::string_view clause_of(const Passage& passage) {
  return passage.schema.tenant ? "migrations.tenants_in_step" : "migrations.at_head";
}

std::string rows_text(const std::vector<std::string>& rows) {
  return rows.empty() ? std::string(kBase) : fmt::format("{}", fmt::join(rows, ","));
}

std::vector<std::string> rows_of(std::string_view text) {
  std::vector<std::string> out;
  if (text == kBase) return out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    out.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return out;
}

// A text[] literal.
class List {
 public:
  void add(std::string_view text) {
    array_ += array_.size() > 1 ? ",\"" : "\"";
    for (char c : text) {
      if (c == '"' || c == '\\') array_ += '\\';
      array_ += c;
    }
    array_ += '"';
  }
  std::string literal() const { return quoted_literal(array_ + "}"); }

 private:
  std::string array_ = "{";
};

Result<void> in_transaction(postgres::Connection& side, const std::string& script) {
  auto written = side.execute("BEGIN;" + script + "COMMIT");
  if (written) return {};
  if (!side.is_lost()) (void)side.execute("ROLLBACK");
  return with_context(written.error(), "writing the journal");
}

}  // namespace

std::string movement(const std::string& schema, const Script& script) {
  return fmt::format("{}: {}{}{}", schema, rows_text(script.from), kArrow, rows_text(script.to));
}

std::optional<Movement> parse_movement(std::string_view object) {
  const auto arrow = object.find(kArrow);
  const auto colon = object.rfind(": ", arrow);
  if (arrow == std::string_view::npos || colon == std::string_view::npos) return std::nullopt;
  Movement out{std::string(object.substr(0, colon)), rows_of(object.substr(colon + 2, arrow - colon - 2)), {}, {}, {}};
  auto to = object.substr(arrow + kArrow.size());
  if (const auto mark = to.rfind(" ("); mark != std::string_view::npos && to.ends_with(')')) {
    const auto words = to.substr(mark + 2, to.size() - mark - 3);
    const auto at = words.rfind(kAt);
    out.part_mark = words.substr(0, at);
    if (at != std::string_view::npos) out.identity = words.substr(at + kAt.size());
    to = to.substr(0, to.find(" ("));
  }
  out.to = rows_of(to);
  return out;
}

Result<void> FleetJournal::begin(postgres::Connection& side, const std::vector<Passage>& passages) {
  List clauses, objects, schemas;
  for (const auto& passage : passages) {
    clauses.add(clause_of(passage));
    std::string object = movement(passage.schema.name, *passage.script);
    if (!passage.mark.empty()) object += fmt::format(" ({})", passage.mark);
    objects.add(object);
    schemas.add(passage.schema.name);
  }
  // A mark counts once: this job's step takes it over from whichever step had it.
  const std::string take_over = fmt::format(
      "UPDATE pgcontract.job_step SET object = pg_catalog.regexp_replace(object, ' [(]part [^)]*[)]', '', 'g') "
      "WHERE object OPERATOR(pg_catalog.~~) '%)' AND state OPERATOR(pg_catalog.<>) ALL "
      "('{{done,unneeded}}'::pg_catalog.text[]) AND pg_catalog.split_part(object, ': ', 1) OPERATOR(pg_catalog.=) "
      "ANY ({}::pg_catalog.text[]);",
      schemas.literal());
  const std::string job = quoted_literal(job_.canonical());
  return in_transaction(
      side,
      take_over + fmt::format("UPDATE pgcontract.job SET state = 'interrupted', finished_at = pg_catalog.now() "
                              "WHERE state OPERATOR(pg_catalog.=) 'running';"
                              "INSERT INTO pgcontract.job (id, command, contract_sha256, program_version) "
                              "VALUES ({0}, {1}, {2}, {3});"
                              "INSERT INTO pgcontract.job_step (job, number, clause, object) "
                              "SELECT {0}, s.number, s.clause, s.object FROM ROWS FROM "
                              "(pg_catalog.unnest({4}::pg_catalog.text[]), pg_catalog.unnest({5}::pg_catalog.text[])) "
                              "WITH ORDINALITY AS s (clause, object, number);",
                              job, quoted_literal(description_.command), quoted_literal(description_.contract_sha256),
                              quoted_literal(description_.program_version), clauses.literal(), objects.literal()));
}

Result<void> FleetJournal::mark(postgres::Connection& side, const std::vector<Mark>& marks) const {
  List steps, states, errors;
  for (const auto& mark : marks) {
    steps.add(std::to_string(mark.step));
    states.add(pgcontract::to_string(mark.state));
    errors.add(mark.error);
  }
  return side.execute(
      fmt::format("UPDATE pgcontract.job_step AS s SET state = m.state, error = NULLIF(m.error, ''), "
                  "changed_at = pg_catalog.now() FROM ROWS FROM (pg_catalog.unnest({1}::pg_catalog.int4[]), "
                  "pg_catalog.unnest({2}::pg_catalog.text[]), pg_catalog.unnest({3}::pg_catalog.text[])) "
                  "AS m (step, state, error) WHERE s.job OPERATOR(pg_catalog.=) {0} "
                  "AND s.number OPERATOR(pg_catalog.=) m.step",
                  quoted_literal(job_.canonical()), steps.literal(), states.literal(), errors.literal()));
}

Result<void> FleetJournal::go_on(postgres::Connection& side) const {
  return side.execute(
      fmt::format("UPDATE pgcontract.job SET state = 'running', finished_at = NULL WHERE id OPERATOR(pg_catalog.=) {}",
                  quoted_literal(job_.canonical())));
}

Result<void> FleetJournal::finish(postgres::Connection& side, const std::vector<Passage>& passages) const {
  std::array<int, 4> count{};
  for (const auto& passage : passages) ++count[static_cast<std::size_t>(passage.state)];
  const auto of = [&](StepState state) { return count[static_cast<std::size_t>(state)]; };
  const char* state = of(StepState::Failed) > 0 ? "failed" : of(StepState::NotRun) > 0 ? "interrupted" : "done";
  const std::string job = quoted_literal(job_.canonical());
  return in_transaction(
      side,
      fmt::format("UPDATE pgcontract.job_step SET state = 'not_run', changed_at = pg_catalog.now() WHERE job "
                  "OPERATOR(pg_catalog.=) {0} AND state OPERATOR(pg_catalog.=) 'planned';"
                  "UPDATE pgcontract.job SET state = '{1}', finished_at = pg_catalog.now() WHERE id "
                  "OPERATOR(pg_catalog.=) {0};"
                  "INSERT INTO pgcontract.evidence (kind, subject, job, detail) VALUES ({2}, "
                  "pg_catalog.current_database(), {0}, '{{\"done\": {3}, \"unneeded\": {4}, \"failed\": {5}, "
                  "\"not_run\": {6}, \"contract_sha256\": \"{7}\"}}');"
                  "INSERT INTO pgcontract.heartbeat (source) VALUES ('migrate') ON CONFLICT (source) DO UPDATE SET "
                  "beat_at = pg_catalog.now();",
                  job, state, quoted_literal(description_.command), of(StepState::Done), of(StepState::Unneeded),
                  of(StepState::Failed), of(StepState::NotRun), description_.contract_sha256));
}

Result<std::vector<Movement>> movements_of(postgres::Connection& connection, const Uuid& job) {
  PGC_TRY(const auto jobs,
          connection.query("SELECT 1 FROM pgcontract.job AS j WHERE j.id OPERATOR(pg_catalog.=) $1::pg_catalog.uuid",
                           {job.canonical()}));
  if (jobs.empty())
    return fail(ErrorCode::NotFound, fmt::format("there is no job {}", job.canonical()),
                "See the jobs: pgcontract migrate status");
  PGC_TRY(const auto rows,
          connection.query("SELECT s.object, s.state FROM pgcontract.job_step AS s "
                           "JOIN pgcontract.job AS j ON j.id OPERATOR(pg_catalog.=) s.job "
                           "WHERE s.job OPERATOR(pg_catalog.=) $1::pg_catalog.uuid AND s.state OPERATOR(pg_catalog.<>) "
                           "ALL ('{not_run,unneeded}'::pg_catalog.text[]) "
                           "AND (s.state OPERATOR(pg_catalog.=) 'done' OR NOT EXISTS (SELECT "
                           "FROM pgcontract.job AS later JOIN pgcontract.job_step AS o "
                           "ON o.job OPERATOR(pg_catalog.=) later.id "
                           "WHERE later.started_at OPERATOR(pg_catalog.>) j.started_at "
                           "AND o.state OPERATOR(pg_catalog.=) 'done' AND o.clause OPERATOR(pg_catalog.=) s.clause "
                           "AND pg_catalog.split_part(o.object, ': ', 1) OPERATOR(pg_catalog.=) "
                           "pg_catalog.split_part(s.object, ': ', 1))) ORDER BY s.number",
                           {job.canonical()}));
  std::vector<Movement> out;
  for (int i = 0; i < rows.size(); ++i) {
    auto parsed = parse_movement(rows.at(i, 0));
    if (!parsed) continue;
    parsed->is_done = rows.at(i, 1) == "done";
    parsed->has_failed = rows.at(i, 1) == "failed";
    out.push_back(std::move(*parsed));
  }
  return out;
}

Result<std::vector<Movement>> unfinished(postgres::Connection& connection, const std::string& version_table) {
  PGC_TRY(const auto rows,
          connection.query("SELECT s.object FROM pgcontract.job_step AS s JOIN pgcontract.job AS j "
                           "ON j.id OPERATOR(pg_catalog.=) s.job WHERE s.state OPERATOR(pg_catalog.<>) ALL "
                           "('{done,unneeded}'::pg_catalog.text[]) "
                           "AND s.object OPERATOR(pg_catalog.~~) '%)' ORDER BY j.started_at"));
  std::vector<Movement> out;
  for (int i = 0; i < rows.size(); ++i) {
    auto parsed = parse_movement(rows.at(i, 0));
    if (!parsed || parsed->identity.empty()) continue;
    parsed->is_certain = is_identity(parsed->identity);
    const std::string table = fmt::format("{}.{}", quoted(parsed->schema), quoted(version_table));
    const auto now = connection.query("SELECT " + rows_identity(table));
    if (!now && connection.is_lost()) return tl::unexpected(now.error());
    if (now && now->at(0, 0) == parsed->identity) out.push_back(std::move(*parsed));
  }
  return out;
}

namespace {

// The statement behind the mark, as part and statement; nothing where the script has no such mark.
bool set_behind(const std::string& mark, Passage& passage) {
  const bool begun = mark.ends_with(kBegun);
  const std::string_view wanted = std::string_view(mark).substr(0, mark.size() - (begun ? 1 : 0));
  const auto& parts = passage.script->parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // Rows that move before it would have told of it.
    if (parts[i].mode == Mode::Autocommit) {
      const auto& statements = parts[i].statements;
      const auto at = std::ranges::find(statements, wanted, &Statement::mark);
      if (at == statements.end() || parts[i].rows_before != passage.schema.rows) continue;
      passage.part = i;
      passage.statement = static_cast<std::size_t>(at - statements.begin()) + (begun ? 0 : 1);
      passage.begun = begun;
      return true;
    }
    if (begun || mark_of(parts[i]) != wanted || parts[i].rows_after != passage.schema.rows) continue;
    passage.part = i + 1;
    return true;
  }
  return false;
}

Error cut_off(const Movement& cut) {
  const std::string revision = revision_of_mark(cut.part_mark);
  return {
      ErrorCode::Conflict,
      cut.is_certain
          ? fmt::format("an earlier run was cut off in the middle of {}, which has changed since or is not on the way",
                        revision)
          : fmt::format("an earlier run was cut off in the middle of {}, and nothing tells whether it still is",
                        revision),
      fmt::format("Put the file back as it was; or finish it by hand, then: pgcontract migrate stamp {} --force",
                  revision),
      {},
      {},
      {}};
}

}  // namespace

Result<void> resume(postgres::Connection& side, const std::string& version_table, std::vector<Passage>& passages) {
  PGC_TRY(const auto movements, unfinished(side, version_table));
  std::map<std::string, const Movement*> cuts;
  for (const auto& movement : movements) cuts[movement.schema] = &movement;
  if (cuts.empty()) return {};
  for (auto& passage : passages) {
    const auto cut = cuts.find(passage.schema.name);
    if (cut == cuts.end() || passage.error || passage.script->stamp) continue;
    if (!cut->second->is_certain || !set_behind(cut->second->part_mark, passage)) {
      passage.error = cut_off(*cut->second);
      continue;
    }
    passage.mark = fmt::format("{}{}{}", cut->second->part_mark, kAt, cut->second->identity);
  }
  return {};
}

}  // namespace pgcontract::fleet
