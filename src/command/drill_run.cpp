#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "command/drill_proofs.hpp"
#include "command/list.hpp"
#include "command/scratch.hpp"
#include "drill/choice.hpp"
#include "drill/proofs.hpp"
#include "report/progress.hpp"
#include "report/render.hpp"
#include "walg/names.hpp"

namespace pgcontract::command {
namespace {

namespace fs = std::filesystem;
using drill::Check;
using drill::Verdict;

std::string compact(Instant at) {
  return fmt::format("{:%Y%m%dT%H%M%S}Z", std::chrono::floor<std::chrono::seconds>(at));
}

// Before the drill begins, so that later ones find it in what they restore.
std::string beat(const std::optional<postgres::Dsn>& live) {
  if (!live) return "the environment's cluster cannot be reached";
  auto connection = postgres::Connection::open(*live);
  if (!connection) return connection.error().message;
  const auto done = connection->execute(
      "INSERT INTO pgcontract.heartbeat (source) VALUES ('drill run') ON CONFLICT (source) DO UPDATE SET beat_at = "
      "pg_catalog.now()");
  return done ? "" : done.error().message;
}

Result<std::uint64_t> drills_so_far(store::Store& store) {
  std::uint64_t count = 0;
  PGC_CHECK(store.list("drills/", "", [&](const store::Object&) -> Result<bool> {
    ++count;
    return true;
  }));
  return count;
}

// What damage causes turns the drill red; what keeps it from running at all is an Error.
bool is_finding(const Error& error) {
  switch (error.code) {
    case ErrorCode::InvalidInput:
    case ErrorCode::NotFound:
    case ErrorCode::Conflict:
    case ErrorCode::Process:
    case ErrorCode::Io:
    case ErrorCode::Server: return true;
    default: return false;
  }
}

class Drill {
 public:
  Drill(const Arguments& arguments, BackupPlace& place, report::Progress& progress)
      : arguments_(arguments), place_(place), progress_(progress) {
    if (auto live = resolve_dsn(place.place)) live_ = std::move(*live);
    run_.at = now();
    run_.id = compact(run_.at);
    run_.environment = place.place.environment.name;
    run_.store = place.store->describe();
    if (const auto& promise = place.place.contract.backup) {
      run_.objective_rpo_minutes = promise->recovery_point_minutes;
      run_.objective_rto_minutes = promise->recovery_time_minutes;
    }
  }

  Result<void> carry_out() {
    no_heartbeat_ = beat(live_);
    auto done = restore_and_prove();
    if (done) return {};
    if (!is_finding(done.error())) return done;
    std::string phase = "plan";
    if (!done.error().context.empty()) phase = done.error().context.back();
    Error error = done.error();
    if (phase != "plan") error.context.pop_back();
    std::string what = error.describe();
    if (!error.hint.empty()) what += ". " + error.hint;
    run_.checks.push_back({phase, Verdict::Failed, 0, what});
    return {};
  }

  const drill::Run& run() const { return run_; }
  Result<void> record(Report& report);
  Report report() const;

 private:
  Result<void> restore_and_prove();
  Result<void> prove(const restore::Plan& plan, const restore::Target& target, const Sources& sources,
                     Scratch& scratch);
  void measure(const restore::Plan& plan, const restore::Target& target, const Scratch& scratch);
  Result<bool> record_in_ledger(std::string& why) const;
  Result<std::string> append_to_runbook() const;

  const Arguments& arguments_;
  BackupPlace& place_;
  report::Progress& progress_;
  std::optional<postgres::Dsn> live_;
  drill::Run run_;
  std::string no_heartbeat_;
  std::string kept_;
  int swept_ = 0;
};

Result<void> Drill::restore_and_prove() {
  progress_.begin("reading " + place_.store->describe(), 0);
  PGC_TRY(const Sources sources, read_sources(place_));
  PGC_TRY(const std::uint64_t turn, drills_so_far(*place_.store));
  PGC_TRY(const int seed, number_option(arguments_, "--seed", static_cast<int>(std::random_device{}() >> 1), 0,
                                        std::numeric_limits<int>::max()));
  const std::string kind = arguments_.get("--target", "turn");
  run_.kind = kind;
  PGC_TRY(const drill::Choice choice,
          drill::choose(kind, turn, static_cast<std::uint64_t>(seed), sources.backups.base, sources.archive));
  run_.kind = choice.kind;
  run_.backup = choice.backup;
  run_.target = restore::describe(choice.target);
  PGC_TRY(const restore::Plan plan, restore::make_plan(choice.target, arguments_.get("--backup", choice.backup),
                                                       sources.backups.base, sources.archive));
  run_.backup = plan.backup().name;
  if (!plan.backup().problem.empty()) return fail(ErrorCode::InvalidInput, plan.backup().problem);
  PGC_TRY(Scratch scratch,
          restore_scratch(place_, plan, choice.target, sources, arguments_.get("--work-dir", kDefaultWorkDirectory),
                          arguments_.has("--keep"), progress_));
  if (arguments_.has("--keep")) kept_ = scratch.workspace.path();
  swept_ = scratch.swept;
  measure(plan, choice.target, scratch);
  return prove(plan, choice.target, sources, scratch);
}

void Drill::measure(const restore::Plan& plan, const restore::Target& target, const Scratch& scratch) {
  const auto& replay = scratch.server->replay();
  const auto fed = scratch.feed->fed();
  run_.unpack_seconds = scratch.phases.unpack;
  run_.replay_seconds = scratch.phases.replay;
  run_.fetch_wal_seconds = scratch.phases.fetch_wal;
  run_.stored_bytes = scratch.unpacked.stored_bytes;
  run_.unpacked_bytes = scratch.unpacked.bytes;
  run_.files = scratch.unpacked.files;
  run_.segments = fed.segments;
  run_.reached = fmt::format("LSN {} on timeline {}", walg::lsn_text(replay.to), plan.timeline);
  run_.last_commit = replay.commit;
  if (target.kind == restore::Target::Kind::Latest)
    run_.rpo_seconds =
        std::chrono::duration<double>(run_.at - replay.commit.value_or(plan.backup().finished_at)).count();
  run_.checks.push_back({"restore", Verdict::Proved, scratch.phases.unpack,
                         fmt::format("{} files, {} checked", run_.files,
                                     scratch.unpacked.by_manifest ? "each by SHA-256" : "each by name")});
}

Result<void> Drill::prove(const restore::Plan& plan, const restore::Target& target, const Sources& sources,
                          Scratch& scratch) {
  const auto began = std::chrono::steady_clock::now();
  const Copy copy{
      place_.place, *scratch.server, plan, sources.archive, target, run_.kind == "latest" || run_.kind == "switch",
      live_};
  auto& checks = run_.checks;
  checks.push_back(prove_replay(copy, scratch.feed->fed()));
  progress_.begin("proving the copy: amcheck", 0);
  checks.push_back(drill::prove_amcheck(*scratch.server));
  progress_.begin("proving the copy: scan", 0);
  checks.push_back(drill::prove_scan(*scratch.server));
  auto contents = prove_contents(copy, progress_);
  checks.insert(checks.end(), contents.begin(), contents.end());
  progress_.begin("proving the copy: checksums", 0);
  PGC_CHECK(scratch.server->stop());
  checks.push_back(drill::prove_checksums(scratch.workspace.data()));
  run_.check_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const auto objective = [&](const char* name, double seconds, int minutes) {
    if (minutes == 0) return;
    checks.push_back({name, seconds <= minutes * 60.0 ? Verdict::Proved : Verdict::Failed, 0,
                      fmt::format("{:.1f} s, the objective is {} min", seconds, minutes)});
  };
  objective("recovery time", run_.rto_seconds(), run_.objective_rto_minutes);
  if (run_.rpo_seconds) objective("recovery point", *run_.rpo_seconds, run_.objective_rpo_minutes);
  return {};
}

Result<bool> Drill::record_in_ledger(std::string& why) const {
  why = "the environment's cluster cannot be reached";
  if (!live_) return false;
  auto connection = postgres::Connection::open(*live_);
  if (!connection) {
    why = connection.error().message;
    return false;
  }
  PGC_TRY(const auto ledger, connection->query("SELECT pg_catalog.to_regclass('pgcontract.evidence') IS NOT NULL"));
  why = "this database is not under the contract";
  if (ledger.at(0, 0) != "t") return false;
  const std::string detail = fmt::format(
      "{{\"outcome\": \"{}\", \"target\": \"{}\", \"backup\": \"{}\", \"rto_seconds\": {:.3f}, \"unpack_seconds\": "
      "{:.3f}, "
      "\"replay_seconds\": {:.3f}, \"check_seconds\": {:.3f}, \"rpo_seconds\": {}, \"stored_bytes\": {}, \"bytes\": "
      "{}, "
      "\"files\": {}, \"segments\": {}, \"proved\": {}, \"failed\": {}, \"not_judged\": {}}}",
      run_.proved() ? "proved" : "failed", run_.kind, run_.backup, run_.rto_seconds(), run_.unpack_seconds,
      run_.replay_seconds, run_.check_seconds, run_.rpo_seconds ? fmt::format("{:.3f}", *run_.rpo_seconds) : "null",
      run_.stored_bytes, run_.unpacked_bytes, run_.files, run_.segments, run_.count(Verdict::Proved),
      run_.count(Verdict::Failed), run_.count(Verdict::NotJudged));
  const auto insert = [&](const char* kind, const std::string& subject) {
    return connection->query(
        "INSERT INTO pgcontract.evidence (kind, subject, detail) VALUES ($1, $2, $3::pg_catalog.jsonb)",
        {kind, subject, detail});
  };
  auto recorded = insert("drill", run_.id);
  if (recorded && run_.proved()) recorded = insert("backup_proven", run_.backup);
  if (!recorded) why = recorded.error().message;
  return recorded.has_value();
}

// The path, or empty where the contract names none. Whole or unchanged: written beside and renamed.
Result<std::string> Drill::append_to_runbook() const {
  const auto& promise = place_.place.contract.backup;
  if (!promise || promise->runbook.empty()) return std::string{};
  const fs::path path = fs::path(place_.place.contract.directory) / promise->runbook;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::string text(drill::kRunbookHeading);
  if (fs::exists(path, error)) {
    std::stringstream before;
    before << std::ifstream(path).rdbuf();
    text = before.str();
    if (!text.empty() && text.back() != '\n') text += '\n';
  }
  text += "\n" + drill::runbook_entry(run_);
  const fs::path fresh = path.string() + ".new";
  {
    std::ofstream file(fresh, std::ios::trunc);
    file << text;
    if (!file.flush())
      return fail(ErrorCode::Io, fmt::format("could not write {}", fresh.string()), "Is the folder writable?");
  }
  fs::rename(fresh, path, error);
  if (error) return fail(ErrorCode::Io, fmt::format("could not place {}: {}", path.string(), error.message()));
  return path.string();
}

Report Drill::report() const {
  Report report;
  report.command = "drill run";
  report.scene = scene_of(place_.place, run_.store, nullptr);
  report.scene.at = run_.at;
  report.scene.duration_seconds = std::chrono::duration<double>(now() - run_.at).count();
  Table facts{"drill", {{"fact", "FACT"}, {"value", "VALUE"}}, {}};
  const auto add = [&](std::string fact, std::string value) {
    facts.rows.push_back({std::move(fact), value.empty() ? std::nullopt : std::optional(std::move(value))});
  };
  const auto seconds = [](double value) { return fmt::format("{:.3f}", value); };
  add("id", run_.id);
  add("outcome", run_.proved() ? "proved" : "failed");
  add("kind", run_.kind);
  add("backup", run_.backup);
  add("target", run_.target);
  add("reached", run_.reached);
  add("last_commit", run_.last_commit ? format_instant(*run_.last_commit) : "");
  add("rto_seconds", seconds(run_.rto_seconds()));
  add("unpack_seconds", seconds(run_.unpack_seconds));
  add("replay_seconds", seconds(run_.replay_seconds));
  add("fetch_wal_seconds", seconds(run_.fetch_wal_seconds));
  add("check_seconds", seconds(run_.check_seconds));
  add("rpo_seconds", run_.rpo_seconds ? seconds(*run_.rpo_seconds) : "");
  add("stored_bytes", std::to_string(run_.stored_bytes));
  add("unpacked_bytes", std::to_string(run_.unpacked_bytes));
  add("files", std::to_string(run_.files));
  add("segments", std::to_string(run_.segments));
  Table checks{"checks", {{"check", "CHECK"}, {"verdict", "VERDICT"}, {"seconds", "SECONDS"}, {"found", "FOUND"}}, {}};
  for (const auto& check : run_.checks)
    checks.rows.push_back({check.name, std::string(to_string(check.verdict)), seconds(check.seconds), check.found});
  report.tables = {std::move(facts), std::move(checks)};
  report.finds = !run_.proved();
  if (!no_heartbeat_.empty()) report.notes.push_back("no heartbeat was written: " + no_heartbeat_);
  if (swept_ > 0)
    report.notes.push_back(fmt::format("{} scratch clusters that killed runs had left are removed", swept_));
  if (!kept_.empty()) report.notes.push_back("the copy, its server running or stopped as it is, stays in " + kept_);
  return report;
}

Result<void> Drill::record(Report& report) {
  std::string why;
  PGC_TRY(const bool recorded, record_in_ledger(why));
  if (!recorded) report.notes.push_back("no evidence is recorded in the database: " + why);
  PGC_TRY(const std::string runbook, append_to_runbook());
  if (!runbook.empty()) report.notes.push_back("entered in " + runbook);
  PGC_CHECK(store::put_text(*place_.store, fmt::format("drills/{}.json", run_.id),
                            report::render(report, Format::Json, report::Style{})));
  if (!run_.proved()) return {};
  const std::string state =
      fmt::format("{{\"state\": \"proven\", \"at\": \"{}\", \"drill\": \"{}\", \"target\": \"{}\"}}\n",
                  format_instant(run_.at), run_.id, run_.kind);
  PGC_CHECK(store::put_text(*place_.store, walg::state_key(run_.backup, BackupState::Proven), state));
  return {};
}

}  // namespace

Result<Report> run_drill_run(const Arguments& arguments) {
  PGC_TRY(BackupPlace place, open_backup_place(arguments));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  Drill drill(arguments, place, progress);
  PGC_CHECK(drill.carry_out());
  progress.end();
  Report report = drill.report();
  if (!arguments.has("--no-record")) PGC_CHECK(drill.record(report));
  return report;
}

}  // namespace pgcontract::command
