#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "backup/catalogue.hpp"
#include "command/archive_facts.hpp"
#include "command/list.hpp"
#include "report/progress.hpp"
#include "wal/inventory.hpp"

namespace pgcontract::command {
namespace {

std::optional<std::string> time_of(const std::optional<Instant>& instant) {
  if (!instant || *instant == Instant{}) return std::nullopt;
  return format_instant(*instant);
}

Table windows_table(const std::vector<RestorableWindow>& windows) {
  Table table{"windows",
              {{"timeline", "TIMELINE"},
               {"from", "FROM"},
               {"to", "TO"},
               {"from_time", "FROM TIME"},
               {"to_time", "TO TIME"},
               {"backups", "BACKUPS"},
               {"oldest_backup", "OLDEST BACKUP"}},
              {}};
  for (const auto& [span, backups] : windows)
    table.rows.push_back({fmt::format("{}", span.timeline), walg::lsn_text(span.from), walg::lsn_text(span.to),
                          time_of(span.from_time), time_of(span.to_time), fmt::format("{}", backups.size()),
                          backups.front()});
  return table;
}

Table gaps_table(const std::vector<WalGap>& gaps, std::uint64_t segment_size) {
  Table table{"gaps",
              {{"timeline", "TIMELINE"},
               {"from", "FROM"},
               {"to", "TO"},
               {"segments", "SEGMENTS"},
               {"from_time", "AFTER"},
               {"to_time", "BEFORE"},
               {"acknowledged", "ACKNOWLEDGED"}},
              {}};
  for (const auto& [span, acknowledged] : gaps)
    table.rows.push_back({fmt::format("{}", span.timeline), walg::lsn_text(span.from), walg::lsn_text(span.to),
                          fmt::format("{}", (span.to - span.from) / segment_size), time_of(span.from_time),
                          time_of(span.to_time), acknowledged.empty() ? std::nullopt : std::optional(acknowledged)});
  return table;
}

void tell(const WalFacts& facts, Report& report) {
  if (facts.windows.empty())
    report.notes.push_back(facts.base.empty() ? "There is no base backup: nothing can be restored."
                                              : "No base backup has the WAL that it needs: nothing can be restored.");
  else
    report.notes.push_back(
        "A window begins when its oldest backup ended, and ends with its newest segment. Times of ends are those at "
        "which a segment was stored, so what was committed shortly before may lie in the next one.");
  if (facts.last_wal_at)
    report.notes.push_back(
        fmt::format("The newest segment is {}, stored at {}.", facts.last_wal, format_instant(*facts.last_wal_at)));
  for (const auto& each : facts.damaged) report.notes.push_back(fmt::format("Does not count: {}", each));
  for (const auto& each : facts.base)
    if (!each.problem.empty()) report.notes.push_back(fmt::format("Does not count: {}: {}", each.name, each.problem));
}

}  // namespace

Result<WalFacts> read_wal_facts(const BackupPlace& backup, const std::function<void(std::string_view)>& progress) {
  WalFacts facts;
  progress("base backups");
  PGC_TRY(auto base, backup::read_base_backups(*backup.store));
  facts.base = std::move(base.backups);
  wal::Archive archive(*backup.store, backup.seal);
  PGC_TRY(const wal::Inventory inventory, wal::read_inventory(archive, [&](std::uint64_t objects) {
            progress(fmt::format("{} objects of the archive", objects));
          }));
  std::vector<BaseBackup> whole;
  for (const auto& each : facts.base)
    if (each.problem.empty()) whole.push_back(each);
  const auto& promise = backup.place.contract.backup;
  auto found = wal::coverage(inventory, whole, promise ? promise->gaps : std::vector<AcknowledgedGap>());
  facts.windows = std::move(found.windows);
  facts.gaps = std::move(found.gaps);
  facts.last_wal_at = inventory.newest_stored;
  facts.last_wal = inventory.newest;
  facts.segment_size = inventory.segment_size;
  facts.damaged = inventory.damaged;
  return facts;
}

Result<Report> run_backup_windows(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  PGC_TRY(const BackupPlace backup, open_backup_place(arguments));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("reading the store", 0);
  auto facts = read_wal_facts(backup, [&](std::string_view what) { progress.advance(0, what); });
  progress.end();
  if (!facts) return with_context(std::move(facts).error(), backup.store->describe());
  Report report;
  report.command = "backup windows";
  report.scene = scene_of(backup.place, backup.store->describe(), nullptr);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  report.tables.push_back(windows_table(facts->windows));
  report.tables.push_back(gaps_table(facts->gaps, facts->segment_size));
  for (const auto& gap : facts->gaps) report.finds = report.finds || gap.acknowledged.empty();
  tell(*facts, report);
  return report;
}

}  // namespace pgcontract::command
