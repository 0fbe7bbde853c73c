// A run of the fleet, from the lock to the report: behind migrate up, down and stamp.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "base/interrupt.hpp"
#include "base/version.hpp"
#include "command/fleet.hpp"
#include "command/fleet_proof.hpp"
#include "command/release.hpp"
#include "fleet/journal.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {
namespace {

using Passages = std::vector<fleet::Passage>;

Result<fleet::Options> options_of(const Arguments& arguments, const Place& place, const fleet::Survey& survey,
                                  const std::string& command, const Uuid& job) {
  fleet::Options options;
  PGC_TRY(options.workers, number_option(arguments, "--workers", options.workers, 1, 64));
  PGC_TRY(options.canary, number_option(arguments, "--canary", options.canary, 1, 10'000));
  PGC_TRY(options.wave, number_option(arguments, "--wave", options.wave, 1, 1'000'000));
  PGC_TRY(options.max_failures, number_option(arguments, "--max-failures", options.max_failures, 0, 1'000'000));
  PGC_TRY(options.wait_seconds, number_option(arguments, "--wait", options.wait_seconds, 0, 86'400));
  auto& setting = options.setting;
  PGC_TRY(setting.lock_timeout_ms, number_option(arguments, "--lock-timeout", setting.lock_timeout_ms, 1, 3'600'000));
  setting.version_table = place.contract.migrations->version_table;
  if (place.contract.tenancy) setting.owner = place.contract.tenancy->roles.owner;
  if (survey.has_journal) setting.job = job.canonical();
  options.lock_slots = survey.lock_slots;
  options.act.wait_seconds = options.wait_seconds;
  options.act.job = {command, place.contract.sha256, std::string(kVersion)};
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
  for (std::size_t i = 0; i < passages.size(); ++i) passages[i].step = static_cast<int>(i) + 1;
  return out;
}

// A transaction that was cut off before the part in hand has left its mark in the journal, since no row tells of it.
Result<void> skip_finished_parts(postgres::Connection& side, Passages& passages) {
  const bool any = std::ranges::any_of(passages, [](const auto& p) { return p.script->parts.size() > 1; });
  if (!any) return {};
  PGC_TRY(const auto cut_off, fleet::unfinished(side));
  std::map<std::string, std::string> marks;
  for (const auto& movement : cut_off) marks[movement.schema] = movement.part_mark;
  for (auto& passage : passages) {
    const auto mark = marks.find(passage.schema.name);
    if (mark == marks.end()) continue;
    const auto& parts = passage.script->parts;
    for (std::size_t i = 0; i + 1 < parts.size() && parts[i].rows_after == passage.schema.rows; ++i)
      if (fleet::part_mark(parts[i], i) == mark->second) passage.part = i + 1;
  }
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

std::string progress_text(const fleet::Progress& now, std::size_t total) {
  const double rate = now.seconds > 0 ? now.done / now.seconds : 0;
  std::string text = fmt::format("{:.0f}/s", rate);
  if (rate > 0) text += fmt::format(", {:.0f} s to go", (static_cast<double>(total) - now.done) / rate);
  if (now.waiting > 0) text += fmt::format(", {} wait for a lock", now.waiting);
  if (now.failed > 0) text += fmt::format(", {} failed", now.failed);
  return text;
}

void add_notes(const fleet::Run& run, std::size_t migrated, Report& report) {
  report.notes.push_back(fmt::format("{} schemas in {:.2f} s: {:.0f}/s with {} {}", migrated, run.seconds,
                                     run.seconds > 0 ? static_cast<double>(migrated) / run.seconds : 0, run.workers,
                                     run.workers == 1 ? "worker" : "workers"));
  if (!run.workers_reason.empty()) report.notes.push_back("fewer workers: " + run.workers_reason);
  if (run.retries > 0) report.notes.push_back(fmt::format("{} attempts were made again later", run.retries));
  if (!run.stopped.empty()) report.notes.push_back("stopped: " + run.stopped);
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

Result<Report> move_fleet(const Arguments& arguments, const Place& place, const Movement& movement) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  Report report;
  report.command = movement.command;
  PGC_TRY(fleet::Survey survey, survey_of(place, dsn, report.scene));
  PGC_TRY(std::vector<Group> groups, movement.groups(survey));
  if (arguments.has("--dry-run")) {
    if (movement.renders) PGC_CHECK(render(place, dsn, groups));
    report.plan = fleet_plan(place.contract, groups, survey);
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
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("waiting for the lock", 0);
  PGC_TRY(act::ApplyLock lock, act::ApplyLock::take(dsn, options.act, [&](std::string_view holder) {
            progress.advance(0, fmt::format("another apply is at work: {}", holder));
          }));
  // Under the lock things may be others than they were.
  progress.begin("rendering with Alembic", 0);
  PGC_TRY(survey, survey_of(place, dsn, report.scene));
  PGC_TRY(groups, movement.groups(survey));
  if (movement.renders) PGC_CHECK(render(place, dsn, groups));
  Passages passages = passages_of(groups);
  const Passages refused = take_refused(passages);
  if (survey.has_journal) PGC_CHECK(skip_finished_parts(lock.side_connection(), passages));
  progress.begin("migrating", static_cast<int>(passages.size()));
  fleet::Run run;
  if (!passages.empty()) {
    PGC_TRY(run, fleet::run(place.contract, dsn, lock, options, passages, [&](const fleet::Progress& now) {
              progress.advance(now.done, progress_text(now, passages.size()));
            }));
    add_notes(run, passages.size(), report);
    if (survey.has_journal) record(lock.side_connection(), place.contract, passages, report);
  }
  progress.end();
  if (movement.proves && !arguments.has("--skip-proof")) {
    progress.begin("comparing fingerprints", 0);
    PGC_TRY(Drift drift, prove_alike(place, dsn, passages));
    progress.end();
    if (!drift.sets.empty()) report.drift = std::move(drift);
  }
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
