#include "command/lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "alembic/text_file.hpp"
#include "rehearse/disposable.hpp"
#include "rehearse/effects.hpp"

namespace pgcontract::command {
namespace {

// Alembic renders without a database; an env.py that insists on a URL gets one that leads nowhere.
constexpr std::string_view kNoUrl = "postgresql:///";

// One history on its way into lint(), with everything that its input borrows.
struct History {
  bool application = false;
  const RevisionGraph* graph = nullptr;
  std::set<std::string> judged;
  std::vector<std::string> from;  // rows that the script begins at
  FleetSchema stands_at_from;     // a schema of the target that is there; no name: none
  fleet::Script script;
  Effects effects;
  std::map<std::string, std::string> sources;
};

bool is_there_a_target(const LintRequest& request, const std::optional<LintTarget>& target) {
  return target && !request.all && request.revisions.empty();
}

// The schema that has the longest way to go stands for all.
Result<void> choose_pending(const alembic::RevisionMap& map, const Fleet& fleet, History& history) {
  alembic::Route longest;
  bool first = true;
  for (const auto& schema : fleet.schemas) {
    if (!first && schema.rows == history.from) continue;
    PGC_TRY(auto route, alembic::upgrade_route(map, schema.rows, "heads"));
    if (!first && route.size() <= longest.size()) continue;
    first = false;
    history.from = schema.rows;
    history.stands_at_from = schema;
    longest = std::move(route);
  }
  if (first) {  // no schema yet: everything is to come
    PGC_TRY(longest, alembic::upgrade_route(map, {}, "heads"));
  }
  for (const auto& step : longest) history.judged.insert(step.revision);
  return {};
}

// FROM:TO without FROM itself, one revision, or all.
Result<void> choose(const alembic::RevisionMap& map, const std::string& revisions, History& history) {
  const auto colon = revisions.find(':');
  const auto& all = map.graph().revisions;
  alembic::RevisionMap::Set wanted(all.size(), revisions.empty());
  if (colon != std::string::npos) {
    const std::string to = revisions.substr(colon + 1);
    PGC_TRY(const auto above, map.revisions(to.empty() ? "heads" : to));
    PGC_TRY(const auto below, map.revisions(colon == 0 ? "base" : revisions.substr(0, colon)));
    wanted = map.ancestors(above, /*dependencies=*/true);
    const auto left_out = map.ancestors(below, /*dependencies=*/true);
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = wanted[i] && !left_out[i];
  } else if (!revisions.empty()) {
    PGC_TRY(const auto named, map.revisions(revisions));
    for (const int revision : named) wanted[static_cast<std::size_t>(revision)] = true;
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    if (wanted[i]) history.judged.insert(all[i].id);
  return {};
}

Result<void> render(const Place& place, const std::string& url, History& history) {
  const Migrations& migrations = *place.contract.migrations;
  const alembic::RevisionMap map(*history.graph);
  PGC_TRY(const auto route, alembic::upgrade_route(map, history.from, "heads"));
  const auto renderer = fleet::alembic_renderer(
      place.contract, history.application ? migrations.application_section : migrations.tenant_section, url);
  PGC_TRY(history.script,
          fleet::make_script(history.from, route, place.contract.directory, migrations.version_table, renderer));
  return {};
}

// Runs the script on a disposable database, from a schema that stands where the script begins.
Result<void> observe(const Place& place, rehearse::DisposableDatabase& database, History& history,
                     report::Progress& progress) {
  const Migrations& migrations = *place.contract.migrations;
  const std::string section = history.application ? migrations.application_section : migrations.tenant_section;
  FleetSchema schema;
  schema.name =
      history.application ? place.contract.schemas.application.name : place.contract.tenancy->schema_of(Uuid::random());
  schema.rows = history.from;
  schema.has_table = true;  // Alembic makes it, at the base too
  if (history.from.size() > 1)
    return fail(ErrorCode::Unsupported, "the disposable database cannot be built at several heads");
  progress.begin(fmt::format("observing [{}] on a disposable database", section), 0);
  PGC_CHECK(database.upgrade(place.contract, section, schema.name, history.from.empty() ? "base" : history.from.front(),
                             [&](std::string_view line) { progress.advance(0, line); }));
  const std::string owner = place.contract.tenancy ? place.contract.tenancy->roles.owner : "";
  PGC_TRY(history.effects, rehearse::observe_effects(place.contract, database.dsn(), owner, schema, history.script));
  return {};
}

// Each statement with what was observed of it: the same texts in the same order.
const StatementEffect* next_effect(const Effects& effects, std::size_t& at, const std::string& revision,
                                   const std::string& text) {
  for (std::size_t i = at; i < effects.statements.size(); ++i) {
    const auto& effect = effects.statements[i];
    if (effect.of_rows || effect.revision != revision || effect.text != text) continue;
    at = i + 1;
    return &effect;
  }
  return nullptr;
}

lint::HistoryInput input_of(const Place& place, const History& history) {
  lint::HistoryInput input;
  input.graph = history.graph;
  input.tenant = !history.application;
  input.schema = history.application ? place.contract.schemas.application.name : place.contract.tenancy->schema_pattern;
  std::map<std::string, std::size_t> at;
  const auto of = [&](const std::string& id) -> lint::RevisionInput& {
    const auto [entry, added] = at.try_emplace(id, input.revisions.size());
    if (added) {
      const auto source = history.sources.find(id);
      input.revisions.push_back({history.graph->find(id),
                                 source == history.sources.end() ? "" : source->second,
                                 {},
                                 "",
                                 history.judged.contains(id),
                                 nullptr});
    }
    return input.revisions[entry->second];
  };
  std::size_t effect = 0;
  int transaction = 0;
  for (const auto& step : history.script.route)
    if (!step.revision.empty()) of(step.revision);
  for (const auto& part : history.script.parts) {
    ++transaction;
    if (part.mode == fleet::Mode::Delegate)
      for (const auto& id : part.revisions) {
        of(id).not_rendered = part.reason;
        of(id).effect = next_effect(history.effects, effect, id, "");
      }
    for (const auto& statement : part.statements) {
      if (statement.of_rows) continue;
      const bool transactional = part.mode == fleet::Mode::Transaction;
      of(statement.revision)
          .statements.push_back({statement.text, transactional, transactional ? transaction : 0,
                                 next_effect(history.effects, effect, statement.revision, statement.text)});
    }
  }
  return input;
}

void read_sources(const Place& place, History& history) {
  for (const auto& revision : history.graph->revisions) {
    const std::string path = (std::filesystem::path(place.contract.directory) / revision.file).string();
    if (auto text = alembic::read_text_file(path, revision.file)) history.sources[revision.id] = std::move(*text);
  }
}

void add_notes(const std::vector<lint::HistoryInput>& inputs, const Verdicts& verdicts, Linted& out) {
  std::size_t revisions = 0;
  std::size_t statements = 0;
  for (const auto& input : inputs)
    for (const auto& revision : input.revisions) {
      if (!revision.judged) continue;
      ++revisions;
      statements += revision.statements.size();
    }
  const ClauseResult* blind = verdicts.find("lint.not_analysed");
  const ClauseResult* delegated = verdicts.find("lint.not_rendered");
  out.notes.push_back(fmt::format("{} revisions with {} statements; {} not analysed, {} revisions not rendered",
                                  revisions, statements, blind->findings.size(), delegated->findings.size()));
}

class Linting {
 public:
  Linting(const Place& place, const Scope& scope, const LintRequest& request, report::Progress& progress)
      : place_(place), scope_(scope), request_(request), progress_(progress) {}

  Result<Linted> run() {
    PGC_TRY(const Histories histories, read_histories(place_.contract, scope_));
    out_.scene = scene_of(place_, "", nullptr);
    if (!request_.graph) PGC_CHECK(ask_target());
    for (const bool application : {true, false})
      if (application ? scope_.application : scope_.tenants) {
        histories_.emplace_back();
        histories_.back().application = application;
        histories_.back().graph = &histories.of(application);
        if (!request_.graph) PGC_CHECK(prepare(histories_.back()));
      }
    if (request_.observe) PGC_CHECK(observe_all());
    return judge();
  }

 private:
  // Without a server everything is judged, by the rules' own severities; the report says so.
  Result<void> ask_target() {
    const auto dsn = request_.dsn ? Result<postgres::Dsn>(*request_.dsn) : resolve_dsn(place_);
    if (dsn) dsn_ = *dsn;
    if (request_.offline) {
      out_.notes.emplace_back("no server was asked: severities are the rules' own");
      return {};
    }
    std::optional<Error> error;
    if (dsn) {
      progress_.begin("reading the catalog of " + dsn->describe(), 0);
      auto target = read_lint_target(place_, *dsn);
      if (target)
        target_ = std::move(*target);
      else
        error = target.error();
    } else {
      error = dsn.error();
    }
    if (target_) {
      out_.scene.target = dsn_->describe();
      out_.scene.server_version = target_->server_version;
      out_.scene.tenants = static_cast<int>(target_->survey.tenants.schemas.size());
      return {};
    }
    if (request_.observe) return tl::unexpected(*error);
    out_.notes.push_back(fmt::format("no server was asked ({}): every revision is judged, by the rules' own severities",
                                     error->message));
    return {};
  }

  Result<void> prepare(History& history) {
    read_sources(place_, history);
    const alembic::RevisionMap map(*history.graph);
    // lint.history_readable tells why there is no order to run it in; an id that is too long hinders nobody here.
    if (std::ranges::any_of(history.graph->problems,
                            [](const auto& problem) { return !problem.message.ends_with(" characters"); })) {
      for (const auto& revision : history.graph->revisions) history.judged.insert(revision.id);
      return {};
    }
    const Fleet* fleet =
        target_ ? &(history.application ? target_->survey.application : target_->survey.tenants) : nullptr;
    if (is_there_a_target(request_, target_)) {
      if (auto chosen = choose_pending(map, *fleet, history); !chosen) {
        // Rows that no file has: migrate status names them. The files can be judged all the same.
        out_.notes.push_back(
            fmt::format("[{}]: {}; every revision is judged", history.graph->section, chosen.error().message));
        history.from.clear();
        history.stands_at_from = {};
        PGC_CHECK(choose(map, "", history));
      }
    } else {
      PGC_CHECK(choose(map, request_.revisions, history));
    }
    if (history.judged.empty()) return {};
    progress_.begin(fmt::format("rendering [{}]", history.graph->section), 0);
    return render(place_, dsn_ ? dsn_->url() : std::string(kNoUrl), history);
  }

  Result<void> observe_all() {
    progress_.begin("making a disposable database", 0);
    PGC_TRY(auto database, rehearse::DisposableDatabase::create(place_.contract, *dsn_));
    for (auto& history : histories_)
      if (!history.script.empty()) PGC_CHECK(observe(place_, database, history, progress_));
    return database.drop();
  }

  Result<Linted> judge() {
    std::vector<lint::HistoryInput> inputs;
    std::string observed_on;
    for (const auto& history : histories_) {
      lint::HistoryInput& input = inputs.emplace_back(input_of(place_, history));
      if (!history.effects.server_version.empty()) observed_on = history.effects.server_version;
      if (!target_) continue;
      const Fleet& fleet = history.application ? target_->survey.application : target_->survey.tenants;
      PGC_TRY(input.sizes, read_sizes(*dsn_, fleet));
      input.sizes_known = !fleet.schemas.empty();
      input.edited = edited_revisions(target_->observation, *history.graph, history.sources);
      const FleetSchema* live = !history.stands_at_from.name.empty() ? &history.stands_at_from
                                : !fleet.schemas.empty()             ? &fleet.schemas.front()
                                                                     : nullptr;
      if (!live) continue;
      input.live = &target_->observation;
      input.live_schema = live->name;
      input.begins_at_live = is_there_a_target(request_, target_);
    }
    progress_.end();
    const lint::Asked asked{place_.contract, date_of(now()), target_ ? target_->server_version : "",
                            request_.strict, request_.graph, observed_on};
    out_.verdicts = lint::lint(inputs, asked);
    for (const auto& input : inputs)
      for (auto& [part, where] : lint::places_of(input, asked)) out_.places[input.schema + "." + part] = where;
    if (!request_.graph) add_notes(inputs, out_.verdicts, out_);
    return std::move(out_);
  }

  const Place& place_;
  const Scope& scope_;
  const LintRequest& request_;
  report::Progress& progress_;
  std::optional<postgres::Dsn> dsn_;
  std::optional<LintTarget> target_;
  std::vector<History> histories_;
  Linted out_;
};

}  // namespace

void place(const Linted& linted, const Contract& contract, Verdicts& verdicts) {
  for (auto& clause : verdicts.clauses)
    for (auto& finding : clause.findings) {
      const Subject& subject = finding.subject;
      if (!finding.where.empty() || subject.schema.empty()) continue;
      const bool tenant = contract.tenancy && contract.tenancy->tenant_of_schema(subject.schema);
      const std::string table = (tenant ? contract.tenancy->schema_pattern : subject.schema) + "." + subject.name;
      auto at = linted.places.find(table + "." + subject.part);
      if (at == linted.places.end()) at = linted.places.find(table);
      if (at != linted.places.end()) finding.where = at->second;
    }
}

Result<Linted> lint_migrations(const Place& place, const Scope& scope, const LintRequest& request,
                               report::Progress& progress) {
  return Linting(place, scope, request, progress).run();
}

}  // namespace pgcontract::command
