#pragma once
// The base backups of a store, ours and wal-g's: one listing, and of each backup its small documents. What can be known
// without reading data is looked at (what is missing or of another size than the manifest says); all else is for
// `backup verify`. One thread calls; small documents are fetched by a few.

#include <string>
#include <vector>

#include "model/backup.hpp"
#include "store/store.hpp"

namespace pgcontract::backup {

// Objects without a sentinel: a backup under way, or one that never ended.
struct UnfinishedBackup {
  std::string name;
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
  Instant last_written{};
};

struct BaseBackups {
  std::vector<BaseBackup> backups;  // oldest first, by the end of each
  std::vector<UnfinishedBackup> unfinished;
};
Result<BaseBackups> read_base_backups(store::Store& store);

// By its name, or "latest". NotFound names those that there are.
Result<BaseBackup> find_backup(const BaseBackups& backups, const std::string& name);

// Documents of more than that are none of a backup's.
inline constexpr std::size_t kLargestDocument = std::size_t{64} << 20;

}  // namespace pgcontract::backup
