#pragma once
// What the commands on base backups share: their table, the facts of one, and the step from taken to complete. No
// state; one thread.

#include <chrono>
#include <string>

#include "backup/complete.hpp"
#include "command/backup_place.hpp"
#include "model/report.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {

// Rows as text, JSON by the columns' keys.
Table backups_table(const std::vector<BaseBackup>& backups);
Table backup_facts(const BaseBackup& backup);
std::string megabytes(std::uint64_t bytes);  // "12.3 MB"

// Looks at the WAL that a backup needs, until `until`; records the state where it is all there, tells in `notes` what
// is not.
Result<backup::WalCheck> complete_backup(BackupPlace& place, const backup::NeededWal& needed,
                                         std::chrono::steady_clock::time_point until, report::Progress& progress,
                                         std::vector<std::string>& notes);
// The ledger's row of what was recorded; a note where there can be none.
void leave_backup_evidence(const Place& place, std::string_view kind, const BaseBackup& backup,
                           const std::string& store, double seconds, std::vector<std::string>& notes);

}  // namespace pgcontract::command
