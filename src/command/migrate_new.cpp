#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "act/program.hpp"
#include "alembic/draft.hpp"
#include "alembic/text_file.hpp"
#include "command/fleet.hpp"
#include "command/list.hpp"
#include "command/rehearsal.hpp"
#include "model/observation.hpp"
#include "rehearse/stairway.hpp"

namespace pgcontract::command {
namespace {

constexpr int kLockTimeoutMs = 5'000;

// The history that is to have a revision more.
struct Chosen {
  bool application = true;
  std::string section;
};

Result<Chosen> choose(const Arguments& arguments, const Contract& contract) {
  PGC_TRY(const Scope scope, scope_of({}, contract));
  const Migrations& migrations = *contract.migrations;
  const std::string section = arguments.get("--section", "application");
  if (section == "application" || section == migrations.application_section)
    return Chosen{true, migrations.application_section};
  if (scope.tenants && (section == "tenant" || section == migrations.tenant_section))
    return Chosen{false, migrations.tenant_section};
  return fail(ErrorCode::Usage, fmt::format("the contract has no history {}", section),
              scope.tenants ? "Its histories are application and tenant." : "Its history is application.");
}

std::vector<std::string> words_for_alembic(const Arguments& arguments, const Contract& contract,
                                           const std::string& section) {
  std::vector<std::string> words = {
      contract.migrations->command, "-c", contract.migrations->config, "-n", section, "revision", "-m",
      arguments.positionals.at(0)};
  if (!arguments.has("--empty")) words.emplace_back("--autogenerate");
  for (const auto& option : {"--head", "--branch-label"})
    if (arguments.has(option)) words.insert(words.end(), {option, arguments.get(option)});
  return words;
}

class Generator {
 public:
  Generator(const Place& place, const postgres::Dsn& dsn, const Histories& histories, report::Progress& progress)
      : place_(place), dsn_(dsn), histories_(histories), progress_(progress) {}

  // Alembic, against a database where both histories stand at their heads: nobody's differences leak in.
  Result<void> run(const Chosen& chosen, const std::vector<std::string>& words) {
    progress_.begin("making a disposable database", 0);
    PGC_TRY(const auto database, rehearse::DisposableDatabase::create(place_.contract, dsn_));
    PGC_TRY(const std::string application, build(database, true));
    std::string schema = application;
    if (!chosen.application) {
      PGC_TRY(schema, build(database, false));
    }
    scratch_ = chosen.application ? "" : schema;
    progress_.begin("asking Alembic for the revision", 0);
    PGC_CHECK(act::run_program(place_.contract, database.dsn(),
                               Program{words, database.owner(), pgcontract::quoted(schema)}, kLockTimeoutMs));
    return {};
  }

  const std::string& scratch() const { return scratch_; }

 private:
  Result<std::string> build(const rehearse::DisposableDatabase& database, bool application) {
    const RevisionGraph& graph = histories_.of(application);
    PGC_TRY(auto stage, rehearse::Stage::set(place_.contract, database, application));
    if (graph.revisions.empty()) return stage.schema().name;
    progress_.begin(fmt::format("building [{}] at its head", graph.section), 0);
    const alembic::RevisionMap map(graph);
    PGC_TRY(const auto route, alembic::upgrade_route(map, {}, "heads"));
    const auto renderer = fleet::alembic_renderer(place_.contract, graph.section, database.dsn().url());
    PGC_TRY(const auto script, fleet::make_script({}, route, place_.contract.directory,
                                                  place_.contract.migrations->version_table, renderer));
    PGC_CHECK(stage.advance(script));
    return stage.schema().name;
  }

  const Place& place_;
  const postgres::Dsn& dsn_;
  const Histories& histories_;
  report::Progress& progress_;
  std::string scratch_;
};

Result<Revision> the_new_one(const RevisionGraph& before, const RevisionGraph& after) {
  for (const auto& revision : after.revisions)
    if (!before.find(revision.id)) return revision;
  return fail(ErrorCode::NotFound, "Alembic has written no revision that can be read",
              after.problems.empty() ? "See the folder of the history's versions." : after.problems.front().message);
}

Table edits_of(const alembic::Draft& draft) {
  Table table{"to_edit", {{"line", "LINE"}, {"what", "WHAT"}, {"why", "TO EDIT"}}, {}};
  for (const auto& edit : draft.edits) table.rows.push_back({std::to_string(edit.line), edit.what, edit.why});
  return table;
}

// Up, down and up again, and each twice, like `migrate stairway` for this one revision.
Result<void> try_it(const Place& place, const postgres::Dsn& dsn, const Chosen& chosen, const Revision& revision,
                    report::Progress& progress, Report& report) {
  RehearsalRequest request;
  request.application = chosen.application;
  request.tenants = !chosen.application;
  request.wanted = [&](const RevisionGraph& graph, const Revision& one) {
    return graph.section == chosen.section && one.id == revision.id;
  };
  PGC_TRY(const Rehearsed rehearsed, rehearse_histories(place, dsn, request, progress));
  report.verdicts = verdicts_of(place, rehearsed, {"migrations.reversible", "migrations.idempotent"});
  report.tables.push_back(rungs_of(rehearsed.revisions, /*locks=*/false));
  add_swept(rehearsed, report);
  return {};
}

}  // namespace

Result<Report> run_migrate_new(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const Chosen chosen, choose(arguments, place.contract));
  Scope scope;
  scope.application = true;
  scope.tenants = !chosen.application;
  PGC_TRY(const Histories histories, read_histories(place.contract, scope));
  PGC_CHECK(check_history(histories.application));
  if (scope.tenants) PGC_CHECK(check_history(histories.tenant));
  const RevisionGraph& before = histories.of(chosen.application);
  if (before.heads.size() > 1 && !arguments.has("--head"))
    return fail(ErrorCode::Usage,
                fmt::format("the history [{}] has several heads: {}", before.section, *joined(before.heads)),
                "Say which one the revision follows: --head ID.");
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  Generator generator(place, dsn, histories, progress);
  PGC_CHECK(generator.run(chosen, words_for_alembic(arguments, place.contract, chosen.section)));
  PGC_TRY(const Histories now, read_histories(place.contract, scope));
  PGC_TRY(const Revision revision, the_new_one(before, now.of(chosen.application)));
  const auto path = std::filesystem::path(place.contract.directory) / revision.file;
  PGC_TRY(const std::string source, alembic::read_text_file(path.string(), revision.file));
  const alembic::Draft draft = alembic::read_draft(source, generator.scratch());

  Report report;
  report.command = "migrate new";
  report.scene = scene_of(place, dsn.describe(), nullptr);
  if (!draft.has_upgrade && !arguments.has("--empty")) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    report.notes.push_back(
        "the models are what the migrations make: there is nothing to migrate, and no file was kept");
    return report;
  }
  report.tables.push_back({"files", {{"revision", "REVISION"}, {"file", "FILE"}}, {{revision.id, revision.file}}});
  if (draft.has_upgrade) {
    PGC_CHECK(try_it(place, dsn, chosen, revision, progress, report));
    report.notes.emplace_back(
        "autogenerate does not see renames, CHECK constraints, triggers and functions, nor server defaults unless "
        "env.py "
        "asks for them: read the file");
  }
  if (!draft.edits.empty()) report.tables.push_back(edits_of(draft));
  progress.end();
  report.next = {fmt::format("pgcontract migrate stairway {}", revision.id), "pgcontract migrate plan"};
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace pgcontract::command
