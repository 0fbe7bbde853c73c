#include <fmt/format.h>

#include <chrono>

#include "backup/catalogue.hpp"
#include "command/backup_facts.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_backup_list(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  PGC_TRY(const BackupPlace place, open_backup_place(arguments));
  PGC_TRY(const auto all, backup::read_base_backups(*place.store));
  Report report;
  report.command = "backup list";
  report.scene = scene_of(place.place, place.store->describe(), nullptr);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  report.tables.push_back(backups_table(all.backups));
  Table unfinished{
      "unfinished",
      {{"name", "NAME"}, {"objects", "OBJECTS"}, {"stored_bytes", "STORED"}, {"last_written_at", "LAST WRITTEN"}},
      {}};
  for (const auto& one : all.unfinished)
    unfinished.rows.push_back(
        {one.name, std::to_string(one.objects), std::to_string(one.bytes), format_instant(one.last_written)});
  if (!unfinished.rows.empty()) {
    report.notes.push_back(
        "What is unfinished is no backup: it is under way, or was stopped. backup prune removes it.");
    report.tables.push_back(std::move(unfinished));
  }
  if (all.backups.empty()) report.next = {"pgcontract backup base"};
  return report;
}

Result<Report> run_backup_show(const Arguments& arguments) {
  PGC_TRY(const BackupPlace place, open_backup_place(arguments));
  PGC_TRY(const auto all, backup::read_base_backups(*place.store));
  PGC_TRY(const auto backup, backup::find_backup(all, arguments.positionals.at(0)));
  Report report;
  report.command = "backup show";
  report.scene = scene_of(place.place, place.store->describe(), nullptr);
  report.tables.push_back(backup_facts(backup));
  if (!backup.problem.empty()) {
    report.finds = true;
    report.notes.push_back("It cannot be restored as it lies there: " + backup.problem);
  } else if (backup.state == BackupState::Taken) {
    report.notes.push_back("Nobody has looked yet whether the WAL it needs is in the archive.");
    report.next = {"pgcontract backup verify " + backup.name};
  }
  return report;
}

}  // namespace pgcontract::command
