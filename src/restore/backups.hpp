#pragma once
// The base backups that a store lists, with what a restore must know of each: sentinels, and our manifests where there
// are any. Any thread.

#include <vector>

#include "base/result.hpp"
#include "model/backup.hpp"
#include "store/store.hpp"

namespace pgcontract::restore {

struct Backups {
  std::vector<BaseBackup> base;  // oldest first; one whose sentinel cannot be read has a `problem`
  std::uint64_t segment_size = 0;
};
Result<Backups> read_backups(store::Store& store);

}  // namespace pgcontract::restore
