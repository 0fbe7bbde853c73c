// A run of the fleet, from the lock to the report: behind migrate up, down and stamp.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>

#include "base/interrupt.hpp"
#include "base/version.hpp"
#include "command/fleet.hpp"
#include "command/fleet_proof.hpp"
#include "command/release.hpp"
#include "fleet/journal.hpp"
#include "fleet/workload.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {
namespace {

using Passages = std::vector<fleet::Passage>;

// 25 or 25%.
Result<fleet::Portion> portion_option(const Arguments& arguments, const std::string& option, fleet::Portion otherwise,
                                      int least) {
  const std::string text = arguments.get(option);
  if (!text.ends_with('%')) {
    PGC_TRY(otherwise.value, number_option(arguments, option, otherwise.value, least, 1'000'000));
    if (arguments.has(option)) otherwise.percent = false;
    return otherwise;
  }
  int value = 0;
  const char* end = text.data() + text.size() - 1;
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end || value < least || value > 100)
    return fail(ErrorCode::Usage,
                fmt::format("{} takes a number or a percentage up to 100%, not \"{}\"", option, text));
  return fleet::Portion{value, true};
}

// What does not come from the command line.
void fill_in(const Place& place, const fleet::Survey& survey, const Uuid& job, act::JobDescription description,
             fleet::Options& options) {
  options.setting.version_table = place.contract.migrations->version_table;
  if (place.contract.tenancy) options.setting.owner = place.contract.tenancy->roles.owner;
  if (survey.has_journal) options.setting.job = job.canonical();
  options.lock_slots = survey.lock_slots;
  options.act.job = std::move(description);
}

Result<fleet::Options> options_of(const Arguments& arguments, const Place& place, const fleet::Survey& survey,
                                  const std::string& command, const Uuid& job) {
  fleet::Options options;
  PGC_TRY(options.workers, number_option(arguments, "--workers", options.workers, 1, 64));
  PGC_TRY(options.canary, portion_option(arguments, "--canary", options.canary, 1));
  PGC_TRY(options.wave, portion_option(arguments, "--wave", options.wave, 1));
  PGC_TRY(options.max_failures, portion_option(arguments, "--max-failures", options.max_failures, 0));
  PGC_TRY(options.wait_seconds, number_option(arguments, "--wait", options.wait_seconds, 0, 86'400));
  auto& setting = options.setting;
  fill_in(place, survey, job, {command, place.contract.sha256, std::string(kVersion)}, options);
  PGC_TRY(setting.lock_timeout_ms, number_option(arguments, "--lock-timeout", setting.lock_timeout_ms, 1, 3'600'000));
  setting.shared = arguments.has("--shared");
  options.act.wait_seconds = options.wait_seconds;
  return options;
}

Passages passages_of(const std::vector<Group>& groups) {
  Passages passages;
  for (const auto& group : groups) {
    if (!group.error && group.script.empty()) continue;
    for (const auto& schema : group.schemas) {
      fleet::Passage passage;
      passage.schema = schema;
      passage.script = &group.script;
      passages.push_back(std::move(passage));
      passages.back().error = group.error;
    }
  }
  return passages;
}

// Those that cannot even begin come out of the run, and back into its report.
Passages take_refused(Passages& passages) {
  const auto refused = std::ranges::stable_partition(passages, [](const auto& p) { return !p.error; });
  Passages out(refused.begin(), refused.end());
  passages.erase(refused.begin(), refused.end());
  for (auto& passage : out) passage.state = StepState::Failed;
  return out;
}

Result<void> render_shown(const Arguments& arguments, const Place& place, const postgres::Dsn& dsn,
                          std::vector<Group>& groups, report::Progress& progress) {
  progress.begin("rendering with Alembic", 0);
  return render(place, dsn, groups, {arguments.has("--shared"), !arguments.has("--delegate")},
                [&](std::string_view line) { progress.advance(0, line); });
}

void show(const Contract& contract, const std::vector<Group>& groups, const fleet::Survey& survey, Report& report) {
  report.plan = fleet_plan(contract, groups, survey);
  if (Table modes = modes_of(groups); !modes.rows.empty()) report.tables.push_back(std::move(modes));
}

Result<void> prove(const Arguments& arguments, const Place& place, const postgres::Dsn& dsn,
                   const fleet::Survey& survey, const std::vector<Group>& groups, const Passages& passages,
                   report::Progress& progress, Report& report) {
  progress.begin("comparing fingerprints", 0);
  PGC_TRY(Drift drift, prove_alike(place, dsn, survey, passages));
  PGC_CHECK(prove_recorded(place, dsn, groups, passages, drift));
  if (arguments.has("--prove-database")) PGC_CHECK(prove_against_database(place, dsn, passages, progress, drift));
  progress.end();
  if (!drift.sets.empty() || !drift.uncompared.empty()) report.drift = std::move(drift);
  const bool application =
      std::ranges::any_of(passages, [](const auto& p) { return !p.schema.tenant && p.state == StepState::Done; });
  if (application && !arguments.has("--prove-database"))
    report.notes.emplace_back(
        "the application's schema has no other like it: --prove-database compares it with what its migrations make");
  return {};
}

Application application_of(const Uuid& job, bool journalled, const Passages& passages) {
  Application out;
  if (journalled) out.job = job;
  for (const auto& passage : passages) {
    Outcome outcome;
    outcome.step.number = static_cast<int>(out.outcomes.size()) + 1;
    outcome.step.clause = passage.schema.tenant ? "migrations.tenants_in_step" : "migrations.at_head";
    outcome.step.object = passage.error && passage.script->empty()
                              ? passage.schema.name
                              : fleet::movement(passage.schema.name, *passage.script);
    outcome.step.tenant = passage.schema.tenant;
    outcome.state = passage.state;
    outcome.error = passage.error;
    outcome.attempts = passage.attempts;
    outcome.duration_seconds = passage.duration_seconds;
    out.outcomes.push_back(std::move(outcome));
  }
  return out;
}

std::string progress_text(const fleet::Progress& now, std::size_t total) {
  const double rate = now.seconds > 0 ? now.done / now.seconds : 0;
  std::string text = fmt::format("{:.0f}/s", rate);
  if (rate > 0) text += fmt::format(", {:.0f} s to go", (static_cast<double>(total) - now.done) / rate);
  if (now.waiting > 0) text += fmt::format(", {} wait for a lock", now.waiting);
  if (now.failed > 0) text += fmt::format(", {} failed", now.failed);
  return text;
}

Result<fleet::Run> run_passages(const Place& place, const postgres::Dsn& dsn, act::ApplyLock& lock,
                                const fleet::Options& options, Passages& passages, report::Progress& progress) {
  if (passages.empty()) return fleet::Run{};
  if (!options.setting.job.empty())
    PGC_CHECK(fleet::resume(lock.side_connection(), options.setting.version_table, passages));
  Passages refused = take_refused(passages);
  for (std::size_t i = 0; i < passages.size(); ++i) passages[i].step = static_cast<int>(i) + 1;
  Result<fleet::Run> run;
  if (!passages.empty()) {
    progress.begin("migrating", static_cast<int>(passages.size()));
    run = fleet::run(place.contract, dsn, lock, options, passages, [&](const fleet::Progress& now) {
      progress.advance(now.done, progress_text(now, passages.size()));
    });
    progress.end();
  }
  std::ranges::move(refused, std::back_inserter(passages));
  return run;
}

Table blockers_of(const std::vector<Blocker>& blockers) {
  Table table{"blockers",
              {{"schema", "WAITED FOR"},
               {"pid", "BLOCKED BY"},
               {"user", "USER"},
               {"application", "APPLICATION"},
               {"state", "STATE"},
               {"transaction_seconds", "TRANSACTION"},
               {"relation", "LOCK ON"}},
              {}};
  const auto or_null = [](const std::string& text) {
    return text.empty() ? std::optional<std::string>{} : std::optional(text);
  };
  for (const auto& blocker : blockers)
    table.rows.push_back({blocker.schema, std::to_string(blocker.pid), or_null(blocker.user),
                          or_null(blocker.application), or_null(blocker.state),
                          fmt::format("{:.1f} s", blocker.age_seconds), or_null(blocker.relation)});
  return table;
}

void add_notes(const fleet::Run& run, std::size_t migrated, Report& report) {
  report.notes.push_back(fmt::format("{} schemas in {:.2f} s: {:.0f}/s with {} {}", migrated, run.seconds,
                                     run.seconds > 0 ? static_cast<double>(migrated) / run.seconds : 0, run.workers,
                                     run.workers == 1 ? "worker" : "workers"));
  if (!run.workers_choice.empty() && migrated > 1)
    report.notes.push_back(fmt::format("workers: {}, since {}", run.workers_chosen, run.workers_choice));
  if (!run.workers_reason.empty()) report.notes.push_back("fewer workers: " + run.workers_reason);
  if (run.retries > 0) report.notes.push_back(fmt::format("{} attempts were made again later", run.retries));
  if (!run.stopped.empty()) report.notes.push_back("stopped: " + run.stopped);
}

// What the plan can know; a lock on a shared table, which only the canary shows, makes it one.
std::string workers_note(const Arguments& arguments, const std::vector<Group>& groups) {
  if (arguments.has("--workers")) return fmt::format("workers: {}, as asked for", arguments.get("--workers"));
  std::vector<const fleet::Script*> scripts;
  for (const auto& group : groups)
    if (!group.error) scripts.push_back(&group.script);
  const auto choice = fleet::workers_for(scripts);
  return fmt::format("workers: at most {}, since {}", choice.workers, choice.reason);
}

std::size_t count_of(const std::vector<Group>& groups) {
  std::size_t count = 0;
  for (const auto& group : groups)
    if (!group.error && !(group.route.empty() && group.script.empty())) count += group.schemas.size();
  return count;
}

Result<bool> agreed(const Arguments& arguments, const Place& place, const Movement& movement, std::size_t count,
                    const std::string& target) {
  if (count == 0 || (!place.environment.production && !movement.destroys)) return true;
  return confirmed(
      arguments, fmt::format("{} of {} schemas in {} ({})?", movement.command, count, place.environment.name, target));
}

// One that was killed behind its last schema; taking the lock closes it. A living one has the lock.
void close_dead_job(const postgres::Dsn& dsn) {
  act::Options at_once;
  at_once.wait_seconds = 0;
  (void)act::ApplyLock::take(dsn, at_once, [](std::string_view) {});
}

// What was gone over upwards is released. The schemas are migrated, whatever becomes of this.
void record(postgres::Connection& side, const Contract& contract, const Passages& passages, Report& report) {
  Released released;
  for (const auto& passage : passages) {
    const bool there = passage.state == StepState::Done || passage.state == StepState::Unneeded;
    if (!there || passage.script->stamp || !passage.script->upgrade) continue;
    auto& rows = passage.schema.tenant ? released.tenant : released.application;
    rows.insert(passage.script->to.begin(), passage.script->to.end());
  }
  if (const auto recorded = record_releases(side, contract, released); !recorded)
    report.notes.push_back("the release of the revisions is not recorded: " + recorded.error().message);
}

}  // namespace

Result<Application> run_groups(const Place& place, const postgres::Dsn& dsn, act::ApplyLock& lock,
                               const act::Options& act, const std::vector<Group>& groups, report::Progress& progress) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const fleet::Survey survey, fleet::survey(connection, place.contract));
  const Uuid job = Uuid::random();
  fleet::Options options;
  fill_in(place, survey, job, act.job, options);
  options.act = act;
  options.workers = act.workers;
  options.wait_seconds = act.wait_seconds;
  options.setting.lock_timeout_ms = act.lock_timeout_ms;
  options.setting.application_name = "pgcontract " + act.job.command;
  Passages passages = passages_of(groups);
  PGC_TRY([[maybe_unused]] const fleet::Run run, run_passages(place, dsn, lock, options, passages, progress));
  return application_of(job, survey.has_journal, passages);
}

Result<Report> move_fleet(const Arguments& arguments, const Place& place, const Movement& movement) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  Report report;
  report.command = movement.command;
  PGC_TRY(fleet::Survey survey, survey_of(place, dsn, report.scene));
  PGC_TRY(std::vector<Group> groups, movement.groups(dsn, survey));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  const auto render_all = [&] { return render_shown(arguments, place, dsn, groups, progress); };
  if (arguments.has("--dry-run")) {
    if (movement.renders) PGC_CHECK(render_all());
    progress.end();
    show(place.contract, groups, survey, report);
    if (!report.plan->steps.empty()) report.notes.push_back(workers_note(arguments, groups));
    return report;
  }
  const auto timed = [&] {
    report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  // The usual case of a deployment: one look, no lock, nothing written.
  if (!is_there_anything(groups)) {
    report.plan = fleet_plan(place.contract, groups, survey);
    if (survey.job_running) close_dead_job(dsn);
    timed();
    return report;
  }
  if (survey.in_recovery)
    return fail(ErrorCode::Unsupported, "the server is a standby", "Name the primary in the DSN.", dsn.describe());
  PGC_TRY(const bool yes, agreed(arguments, place, movement, count_of(groups), dsn.describe()));
  if (!yes) return fail(ErrorCode::Cancelled, "nothing was changed");

  const Uuid job = Uuid::random();
  PGC_TRY(fleet::Options options, options_of(arguments, place, survey, movement.command, job));
  interrupt::drain_first(true);
  progress.begin("waiting for the lock", 0);
  PGC_TRY(act::ApplyLock lock, act::ApplyLock::take(dsn, options.act, [&](std::string_view holder) {
            progress.advance(0, fmt::format("another apply is at work: {}", holder));
          }));
  // Under the lock things may be others than they were.
  PGC_TRY(survey, survey_of(place, dsn, report.scene));
  PGC_TRY(groups, movement.groups(dsn, survey));
  if (movement.renders) PGC_CHECK(render_all());
  Passages passages = passages_of(groups);
  const Passages refused = take_refused(passages);
  PGC_TRY(const fleet::Run run, run_passages(place, dsn, lock, options, passages, progress));
  const auto reached = std::ranges::count_if(passages, [](const auto& p) { return p.state != StepState::NotRun; });
  if (reached > 0) add_notes(run, static_cast<std::size_t>(reached), report);
  if (survey.has_journal) record(lock.side_connection(), place.contract, passages, report);
  if (movement.proves && !arguments.has("--skip-proof"))
    PGC_CHECK(prove(arguments, place, dsn, survey, groups, passages, progress, report));
  passages.insert(passages.end(), refused.begin(), refused.end());
  report.application = application_of(job, survey.has_journal && run.seconds > 0, passages);
  if (!run.blockers.empty()) report.tables.push_back(blockers_of(run.blockers));
  const bool complete =
      report.application->count(StepState::Failed) + report.application->count(StepState::NotRun) == 0;
  report.next = {complete ? "pgcontract migrate status" : "pgcontract " + movement.command};
  timed();
  return report;
}

}  // namespace pgcontract::command
