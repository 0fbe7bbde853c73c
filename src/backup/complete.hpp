#pragma once
// Whether the archive holds every WAL segment that a base backup needs to become consistent: each is read and looked at
// by its content, not by its name. One thread; waits until a deadline.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/backup.hpp"
#include "store/store.hpp"
#include "walg/codec.hpp"

namespace pgcontract::backup {

struct NeededWal {
  std::string backup;
  std::uint32_t timeline = 0;
  Lsn start = 0, finish = 0;
  std::uint64_t segment_size = 0;       // 0: as the first segment's header says
  std::uint64_t system_identifier = 0;  // 0: any
};

struct WalCheck {
  std::uint64_t segments = 0;        // there, and good
  std::vector<std::string> missing;  // names
  std::string problem;               // what is wrong with one that is there; empty: nothing
  bool complete() const { return missing.empty() && problem.empty(); }
};

// Looks, and looks again for what is missing, until `until`. `waiting` is told of the first that is missing.
Result<WalCheck> check_needed_wal(store::Store& store, const walg::Seal& seal, const NeededWal& needed,
                                  std::chrono::steady_clock::time_point until,
                                  const std::function<void(const std::string& segment)>& waiting);

// Writes down that a backup has reached `state`, with `detail`: JSON's members beside the date ("\"segments\":3").
Result<void> record_state(store::Store& store, const std::string& backup, BackupState state, const std::string& detail);

}  // namespace pgcontract::backup
