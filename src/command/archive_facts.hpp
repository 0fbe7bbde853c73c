#pragma once
// What a store holds, read once: base backups, and what can be restored from them and the archive of WAL. One thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "command/backup_place.hpp"
#include "model/backup.hpp"

namespace pgcontract::command {

struct WalFacts {
  std::vector<BaseBackup> base;
  std::vector<RestorableWindow> windows;
  std::vector<WalGap> gaps;
  std::optional<Instant> last_wal_at;
  std::string last_wal;
  std::uint64_t segment_size = 0;
  std::vector<std::string> damaged;  // objects of the archive that cannot be what their names say
};
Result<WalFacts> read_wal_facts(const BackupPlace& backup, const std::function<void(std::string_view)>& progress);

}  // namespace pgcontract::command
