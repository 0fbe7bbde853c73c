#pragma once
// What can be restored from base backups and an archive of WAL: which moments, on which timelines, and what is missing.
// A server that recovers along a timeline reads each segment under the name of the youngest timeline that had begun by
// then, so a hole counts where that name is missing. Pure: names, sizes and times go in as the store listed them; any
// thread.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/backup.hpp"
#include "model/contract.hpp"
#include "wal/history.hpp"
#include "walg/names.hpp"

namespace pgcontract::wal {

// Segments without a hole between them.
struct SegmentRun {
  std::uint64_t first = 0, last = 0;  // numbers, both there
  Instant first_stored{}, last_stored{};
};

struct Inventory {
  std::uint64_t segment_size = walg::kDefaultSegmentSize;
  std::optional<std::uint64_t> system_identifier;         // nothing: no segment
  std::map<std::uint32_t, std::vector<SegmentRun>> runs;  // by timeline, in order
  std::map<std::uint32_t, std::vector<Switch>> histories;
  std::vector<std::string> damaged;  // objects that cannot be what their names say: the first few
  std::string newest;                // the segment that was stored last
  std::optional<Instant> newest_stored;

  // A segment more. They come in order of their names.
  void add(walg::Segment segment, Instant stored);
};

struct Coverage {
  std::vector<RestorableWindow> windows;  // by timeline, oldest first
  std::vector<WalGap> gaps;               // between a base backup and the end of its timeline
};

// `backups`: those that are whole as they lie there; others begin no window.
Coverage coverage(const Inventory& inventory, std::span<const BaseBackup> backups,
                  std::span<const AcknowledgedGap> acknowledged);

}  // namespace pgcontract::wal
