#pragma once
// The archive of WAL in a store: puts what archive_command is given, gets what restore_command asks for, in wal-g's
// layout. A file is stored once: the same content again is success whatever it was compressed with, other content is a
// Conflict and nothing is overwritten. One archive is of one cluster: the first segment leaves its system identifier
// beside it. What comes back is checked as what goes in. An Archive refers to its Store; any threads may use it.

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "store/store.hpp"
#include "wal/segment.hpp"
#include "walg/codec.hpp"

namespace pgcontract::wal {

inline constexpr std::string_view kCluster = "pgcontract_cluster.json";  // whose the archive is; wal-g ignores it

struct Pushed {
  std::uint64_t bytes = 0;  // of the file
  bool was_there = false;
};

struct Fetched {
  std::uint64_t bytes = 0;  // of the file
  std::string key;          // of the object it was
};

class Archive {
 public:
  Archive(store::Store& store, walg::Seal seal) : store_(store), seal_(std::move(seal)) {}

  // Stores the file, whose last name is what it is stored under. Success: the store agreed.
  Result<Pushed> push(const std::string& path);

  // Writes the file to `destination`, whole, checked and on the disk, or not at all. NotFound: the archive can be read
  // and certainly does not hold it; any other Error says nothing of that. `cluster`: whose the segment must be.
  Result<Fetched> fetch(const std::string& name, const std::string& destination, std::optional<std::uint64_t> cluster);

  // A small file of the archive: a history.
  Result<std::string> text(const std::string& name, std::size_t limit);
  // Whose the archive is, as far as it says so.
  Result<std::optional<std::uint64_t>> cluster();
  // The facts of its first whole segment; nothing where it holds none.
  Result<std::optional<SegmentFacts>> first_segment();

  store::Store& store() { return store_; }

 private:
  Result<std::vector<store::Object>> find(const std::string& name);
  Result<bool> same_content(const std::string& key, const std::string& path);
  Result<void> claim(std::uint64_t system_identifier);
  Result<void> push_history_of(const std::string& path, const std::string& name);
  Result<void> is_certainly_absent(const std::string& name);
  Result<Fetched> download(const store::Object& object, const std::string& name, const std::string& destination,
                           std::optional<std::uint64_t> cluster);

  store::Store& store_;
  walg::Seal seal_;
  std::mutex mutex_;
  std::optional<std::uint64_t> cluster_;  // once known
  std::set<std::uint32_t> histories_;     // of these timelines it is there, as far as this process knows
};

// The file's name that an object of the archive holds: the key without prefix and extension of compression; empty:
// none.
std::string_view file_of_key(std::string_view key);
// The system identifier of the cluster whose pg_wal holds `path`; nothing where its pg_control cannot be read.
std::optional<std::uint64_t> cluster_around(const std::string& path);

}  // namespace pgcontract::wal
