#include "command/rehearsal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "rehearse/stairway.hpp"

namespace pgcontract::command {
namespace {

using Detail = std::map<std::string, std::string>;

// What the clauses of compare/migrations/rehearsed.hpp read.
void note(Detail& detail, std::string_view word, const std::string& label, const std::vector<const Rung*>& rungs) {
  for (const auto result : {RungResult::Broken, RungResult::NotTested})
    for (const Rung* rung : rungs) {
      if (rung->result != result) continue;
      const bool broken = result == RungResult::Broken;
      detail[fmt::format("{} {} {}", word, broken ? "broken" : "untested", label)] = rung->message;
      return;
    }
}

void note_revision(Detail& detail, const RevisionRehearsal& revision, bool locks) {
  const std::string label = revision.label();
  note(detail, "reversible", label, {&revision.up, &revision.down, &revision.up_again});
  // What does not go up or down once says nothing about twice.
  const bool once = revision.up.result == RungResult::Good && revision.down.result == RungResult::Good;
  if (once || revision.up_twice.result == RungResult::Broken)
    note(detail, "idempotent", label, {&revision.up_twice, &revision.down_twice});
  else
    detail["idempotent untested " + label] = "it does not work once";
  if (locks) note(detail, "lock_safe", label, {&revision.locks});
}

void note_models(Detail& detail, const rehearse::ModelsCheck& models) {
  constexpr std::size_t kShown = 20;
  if (!models.unchecked.empty()) detail["models untested " + models.section] = models.unchecked;
  if (models.differences.empty()) return;
  std::string text = "autogenerate would add: ";
  for (std::size_t i = 0; i < std::min(kShown, models.differences.size()); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : "; ", models.differences[i]);
  if (models.differences.size() > kShown) text += fmt::format("; and {} more", models.differences.size() - kShown);
  detail["models broken " + models.section] = text;
}

// A history that cannot be followed is judged by migrations.alembic_readable; nothing of it can be tried.
void note_unreadable(Detail& detail, const RevisionGraph& graph) {
  for (const std::string_view word : {"reversible", "idempotent", "lock_safe", "models"})
    detail[fmt::format("{} untested {}", word, graph.section)] =
        "the history cannot be followed: " + graph.problems.front().message;
}

class Rehearser {
 public:
  Rehearser(const Place& place, const RehearsalRequest& request, rehearse::DisposableDatabase database,
            report::Progress& progress)
      : place_(place), request_(request), database_(std::move(database)), progress_(progress) {}

  // The tenants' schema stands beside the application's, which its revisions may refer to.
  Result<Rehearsed> run() {
    PGC_TRY(out_.observation, database_.observe(place_.contract));  // for the files
    const Observation files = std::move(out_.observation);
    if (request_.application || request_.tenants)
      PGC_CHECK(history(files.migrations.application, /*application=*/true, request_.application));
    const bool has_tenants = place_.contract.tenancy && !place_.contract.migrations->tenant_section.empty();
    if (request_.tenants && has_tenants && files.migrations.tenant.present)
      PGC_CHECK(history(files.migrations.tenant, /*application=*/false, true));
    progress_.begin("reading what the revisions made", 0);
    PGC_TRY(out_.observation, database_.observe(place_.contract));
    const int version = out_.observation.server.version_num;
    out_.server_version = fmt::format("{}.{}", version / 10000, version % 10000);
    out_.swept = database_.swept();
    progress_.begin("dropping the disposable database", 0);
    PGC_CHECK(database_.drop());
    finish();
    return std::move(out_);
  }

 private:
  Result<void> history(const RevisionGraph& graph, bool application, bool wanted) {
    if (!graph.problems.empty()) {
      note_unreadable(out_.detail, graph);
      return {};
    }
    if (graph.revisions.empty()) return {};
    progress_.begin(fmt::format("rendering [{}] with Alembic", graph.section), 0);
    const auto render = fleet::alembic_renderer(place_.contract, graph.section, database_.dsn().url());
    PGC_TRY(const auto rendered, rehearse::render_history(place_.contract, graph, render));
    PGC_TRY(auto stage, rehearse::Stage::set(place_.contract, database_, application));
    progress_.begin(fmt::format("trying the revisions of [{}]", graph.section),
                    static_cast<int>(graph.revisions.size()));
    PGC_TRY(auto revisions,
            rehearse::walk_stairway(
                rendered, stage, [&](const Revision& revision) { return wanted && request_.wanted(graph, revision); },
                [&](int done, int, std::string_view revision) { progress_.advance(done, revision); }));
    if (request_.whole) PGC_CHECK(locks_and_models(rendered, stage, revisions));
    for (const auto& revision : revisions) note_revision(out_.detail, revision, request_.whole);
    std::ranges::move(revisions, std::back_inserter(out_.revisions));
    return {};
  }

  Result<void> locks_and_models(const rehearse::RenderedHistory& rendered, rehearse::Stage& stage,
                                std::vector<RevisionRehearsal>& revisions) {
    progress_.begin(fmt::format("looking at the locks of [{}]", stage.section()), 0);
    PGC_TRY(const auto effects, rehearse::try_locks(rendered, stage, revisions));
    const bool at_head =
        std::ranges::all_of(revisions, [](const auto& revision) { return revision.up.result == RungResult::Good; });
    progress_.begin(fmt::format("comparing the models of [{}]", stage.section()), 0);
    out_.models.push_back(at_head ? rehearse::check_models(place_.contract, database_, stage)
                                  : rehearse::ModelsCheck{stage.section(), "a revision does not go up", {}});
    note_models(out_.detail, out_.models.back());
    return {};
  }

  void finish() {
    Observation& seen = out_.observation;
    out_.detail["files"] = seen.migrations.digest;
    out_.detail["server"] = out_.server_version;
    out_.detail["revisions"] = std::to_string(out_.revisions.size());
    out_.detail["contract_sha256"] = place_.contract.sha256;
    Evidence evidence{"migration_check", seen.server.database, seen.keep(format_date(date_of(seen.taken_at))), {}};
    for (const auto& [key, value] : out_.detail) evidence.detail.push_back(seen.keep(key + "=" + value));
    seen.evidence.push_back(std::move(evidence));
  }

  const Place& place_;
  const RehearsalRequest& request_;
  rehearse::DisposableDatabase database_;
  report::Progress& progress_;
  Rehearsed out_;
};

// Of several rungs the one that says most.
const Rung& worst(const Rung& a, const Rung& b) {
  if (a.result == RungResult::Broken) return a;
  if (b.result == RungResult::Broken) return b;
  return a.result == RungResult::NotTested ? a : b;
}

std::string cell(const Rung& rung) {
  switch (rung.result) {
    case RungResult::Good: return "good";
    case RungResult::Broken: return "broken";
    case RungResult::NotTested: return "not tested";
  }
  return {};
}

}  // namespace

Result<Rehearsed> rehearse_histories(const Place& place, const postgres::Dsn& dsn, const RehearsalRequest& request,
                                     report::Progress& progress) {
  progress.begin("making a disposable database", 0);
  PGC_TRY(auto database, rehearse::DisposableDatabase::create(place.contract, dsn));
  return Rehearser(place, request, std::move(database), progress).run();
}

Verdicts verdicts_of(const Place& place, const Rehearsed& rehearsed, const std::vector<std::string_view>& clauses) {
  Verdicts verdicts = compare::judge(judged(place, rehearsed.observation));
  std::erase_if(verdicts.clauses,
                [&](const ClauseResult& result) { return std::ranges::find(clauses, result.clause) == clauses.end(); });
  return verdicts;
}

Table rungs_of(const std::vector<RevisionRehearsal>& revisions, bool locks) {
  Table table{"rungs",
              {{"history", "HISTORY"},
               {"revision", "REVISION"},
               {"up", "UP"},
               {"down", "DOWN"},
               {"up_again", "UP AGAIN"},
               {"twice", "TWICE"}},
              {}};
  if (locks) table.columns.push_back({"locks", "LOCKS"});
  for (const auto& revision : revisions) {
    table.rows.push_back({revision.section, revision.revision, cell(revision.up), cell(revision.down),
                          cell(revision.up_again), cell(worst(revision.up_twice, revision.down_twice))});
    if (locks) table.rows.back().emplace_back(cell(revision.locks));
  }
  return table;
}

void add_swept(const Rehearsed& rehearsed, Report& report) {
  if (rehearsed.swept == 0) return;
  report.notes.push_back(fmt::format("what killed runs had left was dropped: {} disposable database{}", rehearsed.swept,
                                     rehearsed.swept == 1 ? "" : "s"));
}

}  // namespace pgcontract::command
