#pragma once
// What of the archive of WAL a restore stands on: runs of segments without a hole and the histories of timelines, from
// one listing. A run stays one value however many segments it has. Values; any thread.

#include <map>
#include <string>
#include <vector>

#include "model/backup.hpp"
#include "store/store.hpp"
#include "walg/codec.hpp"
#include "walg/names.hpp"

namespace pgcontract::restore {

struct Run {
  std::uint64_t first = 0;  // numbers of segments, LSN / segment size
  std::uint64_t last = 0;
  std::uint64_t bytes = 0;        // of their objects
  Instant first_time, last_time;  // when the store got them
};

struct Switch {
  std::uint32_t parent = 0;
  Lsn at = 0;  // where the parent was left
};

struct Archive {
  std::uint64_t segment_size = walg::kDefaultSegmentSize;
  std::map<std::uint32_t, std::vector<Run>> runs;          // by timeline, in order
  std::map<std::uint32_t, std::vector<Switch>> histories;  // of timelines that have a .history, oldest parent first
  std::map<std::uint32_t, std::string> broken_histories;   // and why one cannot be read
};

// The file's lines: "1\t0/3000158\tno recovery target specified".
Result<std::vector<Switch>> parse_history(std::string_view text, const std::string& where);

Result<Archive> read_archive(store::Store& store, const walg::Seal& seal, std::uint64_t segment_size);

// The key in wal_005/ that holds `file`, whatever it was compressed with; empty: there is none. One listing.
Result<std::string> find_wal_object(store::Store& store, const std::string& file);

}  // namespace pgcontract::restore
