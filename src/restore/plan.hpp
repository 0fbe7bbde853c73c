#pragma once
// Which backup, which timeline and which WAL bring the cluster back to a moment, or why nothing does. Pure: what the
// store holds goes in, a plan or an Error that names the nearest moment comes out.

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/backup.hpp"
#include "restore/archive.hpp"

namespace pgcontract::restore {

struct Target {
  enum class Kind { Latest, Immediate, Time, Lsn, Name, Transaction };
  Kind kind = Kind::Latest;
  std::string text;  // as PostgreSQL's setting takes it
  Lsn lsn = 0;       // of Kind::Lsn
  Instant time{};    // of Kind::Time
  // "latest", "current" (the backup's own) or a number.
  std::string timeline = "latest";
};
// "the end of the archive", "2026-11-23T02:34:54Z", "LSN 0/3000028"
std::string describe(const Target& target);

struct Plan {
  std::vector<BaseBackup> chain;  // a full backup, then wal-g's deltas upon it; restored in this order
  const BaseBackup& backup() const { return chain.back(); }
  std::uint32_t timeline = 0;                         // where the restore ends
  std::vector<Switch> path;                           // the timelines that are left on the way
  std::uint64_t first_segment = 0, last_segment = 0;  // of WAL, as far as it is known
  std::uint64_t download_bytes = 0;
  std::uint64_t unpacked_bytes = 0;
  std::uint64_t segments() const { return last_segment - first_segment + 1; }
};

// `wanted`: a backup's name; empty: the newest that reaches the target soonest.
Result<Plan> make_plan(const Target& target, const std::string& wanted, const std::vector<BaseBackup>& backups,
                       const Archive& archive);

// The timelines below `timeline`, oldest first; nothing where its history is not there.
std::optional<std::vector<Switch>> path_to(const Archive& archive, std::uint32_t timeline);
// All timelines that anything is known of, ascending.
std::vector<std::uint32_t> timelines(const Archive& archive, const std::vector<BaseBackup>& backups);

}  // namespace pgcontract::restore
