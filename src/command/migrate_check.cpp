#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "command/fleet.hpp"
#include "command/lint.hpp"
#include "command/list.hpp"
#include "command/rehearsal.hpp"
#include "observe/observe.hpp"

namespace pgcontract::command {
namespace {

// What can be said of the revisions alone, before anyone has them.
const std::vector<std::string_view> kClauses = {
    "migrations.alembic_readable",
    "migrations.single_head",
    "migrations.reversible",
    "migrations.idempotent",
    "migrations.models_match",
    "migrations.lock_safe",
    "migrations.unedited_after_release",
    "schema.domain_prefix",
    "schema.reference_data",
    "schema.temporal_type",
    "schema.temporal_default",
    "schema.nothing_in_public",
    "schema.primary_key",
};

// False where the database has no ledger, or the role may not write it: then `why` tells.
Result<bool> record(const postgres::Dsn& dsn, const Rehearsed& rehearsed, std::string& why) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const auto ledger, connection.query("SELECT pg_catalog.to_regclass('pgcontract.evidence') IS NOT NULL"));
  why = "this database is not under the contract";
  if (ledger.at(0, 0) != "t") return false;
  std::string pairs;
  for (const auto& [key, value] : rehearsed.detail)
    pairs += fmt::format("{}{}, {}", pairs.empty() ? "" : ", ", quoted_literal(key), quoted_literal(value));
  const auto recorded = connection.execute(
      fmt::format("INSERT INTO pgcontract.evidence (kind, subject, detail) VALUES ('migration_check', "
                  "pg_catalog.current_database(), pg_catalog.jsonb_object(ARRAY[{}]::pg_catalog.text[]))",
                  pairs));
  if (!recorded && recorded.error().code != ErrorCode::Permission) return fail(recorded.error());
  if (!recorded) why = recorded.error().message;
  return recorded.has_value();
}

// What was released is in the environment's ledger, not in the disposable database.
Result<void> add_releases(const postgres::Dsn& dsn, Rehearsed& rehearsed) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  Observation& seen = rehearsed.observation;
  std::vector<Evidence> own = std::move(seen.evidence);
  seen.evidence.clear();
  PGC_CHECK(observe::observe_evidence(connection, seen));
  std::erase_if(seen.evidence, [](const Evidence& evidence) { return evidence.kind != "revision"; });
  seen.evidence.insert(seen.evidence.end(), own.begin(), own.end());
  return {};
}

}  // namespace

Result<Report> run_migrate_check(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const Scope scope, scope_of({}, place.contract));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  RehearsalRequest request;
  request.tenants = scope.tenants;
  request.whole = true;
  request.wanted = [](const RevisionGraph&, const Revision&) { return true; };
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  PGC_TRY(Rehearsed rehearsed, rehearse_histories(place, dsn, request, progress));
  PGC_CHECK(add_releases(dsn, rehearsed));
  progress.end();
  Report report;
  report.command = "migrate check";
  report.scene = scene_of(place, dsn.describe(), nullptr);
  report.scene.server_version = rehearsed.server_version;
  report.verdicts = verdicts_of(place, rehearsed, kClauses);
  LintRequest lint;
  lint.all = true;
  lint.dsn = dsn;
  PGC_TRY(Linted linted, lint_migrations(place, scope, lint, progress));
  command::place(linted, place.contract, *report.verdicts);
  auto& clauses = report.verdicts->clauses;
  clauses.insert(clauses.end(), std::make_move_iterator(linted.verdicts.clauses.begin()),
                 std::make_move_iterator(linted.verdicts.clauses.end()));
  report.notes = std::move(linted.notes);
  report.tables.push_back(rungs_of(rehearsed.revisions, /*locks=*/true));
  add_swept(rehearsed, report);
  if (!arguments.has("--no-record")) {
    std::string why;
    PGC_TRY(const bool recorded, record(dsn, rehearsed, why));
    if (!recorded) report.notes.push_back("no evidence is recorded: " + why);
  }
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (const auto& result : report.verdicts->clauses)
    if (result.verdict == Verdict::Broken) {
      report.next = {"pgcontract explain " + result.clause};
      break;
    }
  return report;
}

}  // namespace pgcontract::command
