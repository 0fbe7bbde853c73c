#include "command/observed_backups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "backup/catalogue.hpp"
#include "backup/drills.hpp"
#include "command/backup_place.hpp"
#include "dump/catalogue.hpp"
#include "wal/coverage.hpp"
#include "wal/inventory.hpp"

namespace pgcontract::command {
namespace {

constexpr std::string_view kMark = "<!-- pgcontract drill ";

// The newest drill that the runbook has an entry of: its mark.
void read_runbook(const Place& place, BackupFacts& facts) {
  std::ifstream file(std::filesystem::path(place.contract.directory) / place.contract.backup->runbook);
  if (!file) return;
  facts.runbook_read = true;
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
    const auto begin = at + kMark.size();
    facts.runbook_drill = std::max(facts.runbook_drill, text.substr(begin, text.find(' ', begin) - begin));
  }
}

Result<void> read_store(const Place& place, BackupFacts& facts) {
  store::Limits limits;  // somebody waits for a verdict
  limits.connect_timeout = std::chrono::seconds(3);
  limits.stall_timeout = std::chrono::seconds(5);
  limits.retry_for = std::chrono::seconds(5);
  PGC_TRY(const BackupPlace backup, open_backup_place(place, {}, limits));
  facts.store = backup.store->describe();
  PGC_TRY(facts.logical, dump::read_logical_backups(*backup.store));
  PGC_TRY(auto base, backup::read_base_backups(*backup.store));
  facts.base = std::move(base.backups);
  PGC_TRY(facts.drills, backup::read_drills(*backup.store));
  wal::Archive archive(*backup.store, backup.seal);
  PGC_TRY(const auto inventory, wal::read_inventory(archive));
  std::vector<BaseBackup> whole;
  std::ranges::copy_if(facts.base, std::back_inserter(whole), [](const auto& one) { return one.problem.empty(); });
  auto coverage = wal::coverage(inventory, whole, place.contract.backup->gaps);
  facts.windows = std::move(coverage.windows);
  facts.gaps = std::move(coverage.gaps);
  facts.last_wal = inventory.newest;
  facts.last_wal_at = inventory.newest_stored;
  return {};
}

}  // namespace

void read_backups(const Place& place, Observation& into) {
  BackupFacts& facts = into.backups;
  if (!place.contract.backup || place.environment.store == "none") return;
  read_runbook(place, facts);
  const auto read = read_store(place, facts);
  facts.read = read.has_value();
  if (!read) facts.unreadable = "the store of backups cannot be read: " + read.error().describe();
}

}  // namespace pgcontract::command
