#pragma once
// A base backup's objects → a data directory. Parts are fetched, decoded and unpacked by several threads in one pass
// that hashes every file; what came out is then held against the backup's manifest (ours) or its lists (wal-g's), and
// only a data directory that is whole gets its pg_control, without which no server starts. Names in a tar are hostile
// input: nothing is written outside of the target. Deltas are patched upon what the backups before them left. Memory
// does not grow with the number of files. The caller's thread waits; the Store is used by all of them.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/backup.hpp"
#include "store/store.hpp"
#include "walg/codec.hpp"
#include "walg/documents.hpp"

namespace pgcontract::restore {

// Lies in a directory whose restore is not finished.
inline constexpr std::string_view kUnfinished = "pgcontract_restore.unfinished";

struct UnpackRequest {
  std::string directory;
  walg::Seal seal;
  std::vector<std::string> chain;                  // names of backups: a full one, then deltas upon it
  std::map<std::string, std::string> tablespaces;  // oid → folder, in place of the recorded one
  int workers = 2;
  std::function<void(std::uint64_t bytes)> progress;  // stored bytes so far; from the caller's thread
};

struct Unpacked {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;         // of files
  std::uint64_t stored_bytes = 0;  // fetched
  bool by_manifest = false;        // every file by SHA-256; else by name alone, as much as wal-g recorded
};

// Makes `directory` or takes an empty one. Where it fails, what it wrote stays, marked kUnfinished.
Result<Unpacked> unpack(store::Store& store, const UnpackRequest& request);

// The directory may be restored into: absent or empty, and no server's.
Result<void> check_target(const std::string& directory);

}  // namespace pgcontract::restore
