#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "backup/catalogue.hpp"
#include "backup/check.hpp"
#include "command/backup_facts.hpp"
#include "command/list.hpp"
#include "walg/documents.hpp"
#include "walg/names.hpp"

namespace pgcontract::command {
namespace {

using Clock = std::chrono::steady_clock;

// What was chosen, and what it builds on: a delta is no better than its parents.
Result<std::vector<BaseBackup>> chosen(const backup::BaseBackups& all, const std::vector<std::string>& names) {
  if (names.empty()) return all.backups;
  std::vector<BaseBackup> backups;
  for (const auto& name : names) {
    PGC_TRY(auto backup, backup::find_backup(all, name));
    while (true) {
      const bool seen = std::ranges::any_of(backups, [&](const auto& other) { return other.name == backup.name; });
      if (!seen) backups.push_back(backup);
      if (seen || backup.delta_from.empty()) break;
      auto parent = backup::find_backup(all, backup.delta_from);
      if (!parent) break;  // which is the delta's problem, and told as that
      backup = std::move(*parent);
    }
  }
  return backups;
}

class Verification {
 public:
  Verification(BackupPlace& place, report::Progress& progress, int workers, Report& report)
      : place_(place), progress_(progress), workers_(workers), report_(report) {
    table_ = Table{"verified",
                   {{"name", "NAME"},
                    {"state", "STATE"},
                    {"objects", "OBJECTS"},
                    {"files", "FILES"},
                    {"bytes", "BYTES"},
                    {"seconds", "SECONDS"},
                    {"problem", "PROBLEM"}},
                   {}};
  }

  Result<void> run(BaseBackup backup) {
    const auto began = Clock::now();
    progress_.begin("verifying " + backup.name, 100);
    backup::CheckRequest request{
        workers_, [&](std::uint64_t bytes, std::uint64_t expected) {
          progress_.advance(expected > 0 ? static_cast<int>(std::min<std::uint64_t>(99, bytes * 100 / expected)) : 0,
                            megabytes(bytes));
        }};
    auto checked = backup::check_backup(*place_.store, place_.seal, backup, request);
    if (!checked) {
      progress_.end();
      return with_context(checked.error(), backup.name);
    }
    const backup::NeededWal needed{backup.name, backup.timeline,         backup.start_lsn, backup.finish_lsn,
                                   0,           backup.system_identifier};
    auto wal = complete_backup(place_, needed, began, progress_, report_.notes);
    progress_.end();
    if (!wal) return with_context(wal.error(), backup.name);
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    PGC_CHECK(settle(backup, *checked, *wal, seconds));
    table_.rows.push_back({backup.name, std::string(to_string(backup.state)), std::to_string(checked->objects),
                           std::to_string(checked->files), std::to_string(checked->plain_bytes),
                           fmt::format("{:.1f}", seconds),
                           checked->problems.empty() ? std::nullopt : std::optional(checked->problems[0])});
    return {};
  }
  Table take() && { return std::move(table_); }

 private:
  // Writes down what was found: a state, or a problem, which list shows from now on.
  Result<void> settle(BaseBackup& backup, backup::CheckedBackup& checked, const backup::WalCheck& wal, double seconds) {
    store::Store& store = *place_.store;
    for (std::size_t i = 0; i < checked.problems.size(); ++i)
      report_.notes.push_back(fmt::format("{}: {}", backup.name, checked.problems[i]));
    // WAL that is damaged, or that was there once, does not come by waiting.
    if (!wal.problem.empty()) checked.problems.push_back(wal.problem);
    if (!wal.missing.empty() && backup.complete_at)
      checked.problems.push_back(fmt::format("{} is no longer in the archive", wal.missing[0]));
    report_.finds = report_.finds || !checked.problems.empty() || !wal.complete();
    if (!wal.complete()) {
      PGC_CHECK(store.remove(walg::state_key(backup.name, BackupState::Complete)));
      PGC_CHECK(store.remove(walg::state_key(backup.name, BackupState::Verified)));
      backup.state = BackupState::Taken;
    }
    if (!checked.problems.empty()) {
      PGC_CHECK(store::put_text(store, walg::problem_key(backup.name),
                                walg::print_problem(backup.name, checked.problems[0], now())));
      backup.state = wal.complete() ? BackupState::Complete : BackupState::Taken;
      return store.remove(walg::state_key(backup.name, BackupState::Verified));
    }
    PGC_CHECK(store.remove(walg::problem_key(backup.name)));
    if (!wal.complete()) return {};
    PGC_CHECK(backup::record_state(store, backup.name, BackupState::Verified,
                                   fmt::format("\"objects\":{},\"files\":{},\"bytes\":{},\"seconds\":{:.3f}",
                                               checked.objects, checked.files, checked.plain_bytes, seconds)));
    backup.state = std::max(backup.state, BackupState::Verified);
    leave_backup_evidence(place_.place, "backup_verified", backup, store.describe(), seconds, report_.notes);
    return {};
  }

  BackupPlace& place_;
  report::Progress& progress_;
  int workers_;
  Report& report_;
  Table table_;
};

}  // namespace

Result<Report> run_backup_verify(const Arguments& arguments) {
  const auto began = Clock::now();
  const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  PGC_TRY(const int workers, number_option(arguments, "--workers", std::min(processors, 64), 1, 64));
  PGC_TRY(BackupPlace place, open_backup_place(arguments));
  PGC_TRY(const auto all, backup::read_base_backups(*place.store));
  PGC_TRY(const auto backups, chosen(all, arguments.positionals));
  Report report;
  report.command = "backup verify";
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  Verification verification(place, progress, workers, report);
  for (const auto& backup : backups) PGC_CHECK(verification.run(backup));
  report.scene = scene_of(place.place, place.store->describe(), nullptr);
  report.scene.duration_seconds = std::chrono::duration<double>(Clock::now() - began).count();
  report.tables.push_back(std::move(verification).take());
  if (backups.empty()) report.notes.push_back("The store holds no base backup.");
  return report;
}

Result<Report> run_backup_mark(const Arguments& arguments) {
  const bool permanent = arguments.has("--permanent");
  if (permanent == arguments.has("--no-permanent"))
    return fail(ErrorCode::Usage, "say one of --permanent and --no-permanent");
  PGC_TRY(BackupPlace place, open_backup_place(arguments));
  PGC_TRY(const auto all, backup::read_base_backups(*place.store));
  PGC_TRY(auto backup, backup::find_backup(all, arguments.positionals.at(0)));
  // A permanent delta keeps nothing where what it builds on may go.
  for (BaseBackup at = backup;;) {
    const std::string key = walg::metadata_key(at.name);
    PGC_TRY(const auto text, store::get_text(*place.store, key, backup::kLargestDocument));
    PGC_TRY(const auto marked, walg::marked_metadata(text, permanent, key));
    PGC_CHECK(store::put_text(*place.store, key, marked));
    if (!permanent || at.delta_from.empty()) break;
    PGC_TRY(at, backup::find_backup(all, at.delta_from));
  }
  backup.permanent = permanent;
  Report report;
  report.command = "backup mark";
  report.scene = scene_of(place.place, place.store->describe(), nullptr);
  report.tables.push_back(backup_facts(backup));
  report.notes.push_back(permanent ? "No retention removes it from now on, nor the WAL that makes it consistent."
                                   : "Retention holds for it again.");
  return report;
}

}  // namespace pgcontract::command
