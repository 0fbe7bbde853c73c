#include <fmt/format.h>

#include <filesystem>

#include "command/backup_place.hpp"
#include "command/list.hpp"
#include "wal/archive.hpp"

namespace pgcontract::command {

Result<Report> run_backup_wal_push(const Arguments& arguments) {
  PGC_TRY(const BackupPlace backup, open_backup_place(arguments));
  wal::Archive archive(*backup.store, backup.seal);
  const std::string& path = arguments.positionals.front();
  const std::string name = std::filesystem::path(path).filename();
  auto pushed = archive.push(path);
  if (!pushed) return with_context(std::move(pushed).error(), backup.store->describe());
  Report report;
  report.command = "backup wal-push";
  report.scene = scene_of(backup.place, backup.store->describe(), nullptr);
  report.tables.push_back({"files",
                           {{"name", "NAME"}, {"bytes", "BYTES"}, {"state", "STATE"}},
                           {{name, fmt::format("{}", pushed->bytes), pushed->was_there ? "was there" : "stored"}}});
  return report;
}

}  // namespace pgcontract::command
