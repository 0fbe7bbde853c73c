#include "backup/base.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "command/backup_facts.hpp"
#include "command/list.hpp"
#include "walg/names.hpp"

namespace pgcontract::command {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

BaseBackup facts_of(const backup::TakenBase& taken) {
  BaseBackup facts;
  facts.name = taken.manifest.backup;
  facts.pg_version = taken.sentinel.pg_version;
  facts.system_identifier = taken.sentinel.system_identifier;
  facts.timeline = taken.manifest.timeline;
  facts.start_lsn = taken.sentinel.lsn;
  facts.finish_lsn = taken.sentinel.finish_lsn;
  facts.uncompressed_bytes = taken.sentinel.uncompressed_size;
  facts.compressed_bytes = taken.sentinel.compressed_size;
  facts.hostname = taken.sentinel.hostname;
  facts.data_directory = taken.sentinel.data_dir;
  facts.permanent = taken.sentinel.is_permanent;
  facts.encrypted = taken.manifest.encrypted;
  facts.ours = true;
  if (const auto at = walg::parse_time(taken.sentinel.start_time)) facts.started_at = *at;
  facts.finished_at = now();
  return facts;
}

Result<backup::BaseRequest> request_of(const Arguments& arguments, report::Progress& progress) {
  backup::BaseRequest request;
  const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  PGC_TRY(request.workers, number_option(arguments, "--workers", std::min(processors, 64), 1, 64));
  PGC_TRY(const int part, number_option(arguments, "--part-size", 256, 1, 1'000'000));
  request.part_bytes = static_cast<std::uint64_t>(part) << 20;
  request.permanent = arguments.has("--permanent");
  request.progress = [&progress](std::uint64_t files, std::uint64_t bytes, std::uint64_t expected) {
    const auto share = expected > 0 ? static_cast<int>(std::min<std::uint64_t>(99, bytes * 100 / expected)) : 0;
    progress.advance(share, fmt::format("{} files, {}", files, megabytes(bytes)));
  };
  return request;
}

void tell_of_damage(const backup::TakenBase& taken, Report& report) {
  if (taken.manifest.corrupt_pages == 0) return;
  report.finds = true;
  report.notes.push_back(fmt::format("{} pages on the server's disk do not have the checksum they should: {}",
                                     taken.manifest.corrupt_pages, fmt::join(taken.corrupt, ", ")));
  report.notes.push_back("Take no older backup away: restore the damaged tables from one.");
}

void tell_of_configuration(const backup::TakenBase& taken, Report& report) {
  report.notes.insert(report.notes.end(), taken.notes.begin(), taken.notes.end());
  if (!taken.server.files_outside.empty())
    report.notes.push_back(fmt::format("Not in the backup, because they lie outside of the data directory: {}.",
                                       fmt::join(taken.server.files_outside, ", ")));
}

}  // namespace

Result<Report> run_backup_base(const Arguments& arguments) {
  const auto began = Clock::now();
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  PGC_TRY(const auto request, request_of(arguments, progress));
  PGC_TRY(const int wait, number_option(arguments, "--wait", 60, 0, 86'400));
  PGC_TRY(BackupPlace place, open_backup_place(arguments));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place.place));
  progress.begin("backing up to " + place.store->describe(), 100);
  auto taken = arguments.has("--remote") ? backup::take_remote(dsn, *place.store, place.seal, request)
                                         : backup::take_local(dsn, *place.store, place.seal, request);
  progress.end();
  if (!taken) return fail(taken.error());
  const double seconds = seconds_since(began);

  Report report;
  report.command = "backup base";
  BaseBackup facts = facts_of(*taken);
  tell_of_damage(*taken, report);
  tell_of_configuration(*taken, report);
  leave_backup_evidence(place.place, "base_backup", facts, place.store->describe(), seconds, report.notes);
  backup::NeededWal needed{facts.name,
                           facts.timeline,
                           facts.start_lsn,
                           facts.finish_lsn,
                           taken->server.segment_size,
                           facts.system_identifier};
  const bool archiving = taken->server.archiving;
  if (!archiving)
    report.notes.push_back(fmt::format(
        "{}: this backup cannot be restored until its WAL is archived (see pgcontract help backup wal-push)",
        taken->server.not_archiving));
  progress.begin("waiting for its WAL in the archive", 0);
  const auto until = Clock::now() + std::chrono::seconds(archiving ? wait : 0);
  auto complete = complete_backup(place, needed, until, progress, report.notes);
  progress.end();
  if (!complete) return with_context(complete.error(), facts.name + ", which is taken but not known to be complete");
  if (complete->complete()) {
    facts.state = BackupState::Complete;
    facts.complete_at = now();
    leave_backup_evidence(place.place, "backup_complete", facts, place.store->describe(), seconds_since(began),
                          report.notes);
  }
  report.finds = report.finds || !complete->complete();
  report.scene = scene_of(place.place, dsn.describe(), nullptr);
  report.scene.server_version = fmt::format("{}.{}", facts.pg_version / 10'000, facts.pg_version % 10'000);
  report.scene.duration_seconds = seconds_since(began);
  report.tables = {backup_facts(facts)};
  report.notes.insert(report.notes.begin(),
                      fmt::format("{} files, {} as {}, in {:.1f} s", taken->manifest.files,
                                  megabytes(facts.uncompressed_bytes), megabytes(facts.compressed_bytes), seconds));
  report.next = {"pgcontract backup verify " + facts.name};
  return report;
}

}  // namespace pgcontract::command
