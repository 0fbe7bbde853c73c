#pragma once
// Reads all of a base backup again: every object against its hash, every member of every part against the list of
// files. Of one that wal-g wrote there are no hashes: its parts must be whole, must hold what files_metadata.json
// counts, and a pg_control. Parts are read by several threads; memory does not grow with them.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/backup.hpp"
#include "store/store.hpp"
#include "walg/codec.hpp"

namespace pgcontract::backup {

struct CheckRequest {
  int workers = 1;
  std::function<void(std::uint64_t bytes, std::uint64_t bytes_expected)> progress;  // of objects
};

struct CheckedBackup {
  std::uint64_t objects = 0, files = 0;
  std::uint64_t stored_bytes = 0, plain_bytes = 0;
  std::vector<std::string> problems;  // the first of them; empty: it is what was taken
};
// An Error is a store that does not answer; what is wrong with the backup is a problem.
Result<CheckedBackup> check_backup(store::Store& store, const walg::Seal& seal, const BaseBackup& backup,
                                   const CheckRequest& request);

}  // namespace pgcontract::backup
