#pragma once
// Which backups and which WAL stay, and why: the contract's intent ("every moment of 30 days, nightly for 90") solved
// over what backups need of each other. What is not promised is not touched. Pure, and total: whatever the store holds,
// nothing is let go that something kept needs. Any thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/backup.hpp"
#include "model/contract.hpp"

namespace pgcontract::retention {

// The WAL of one timeline, as a listing shows it.
struct Timeline {
  std::uint32_t id = 0;
  std::uint32_t parent = 0;  // from its history; 0: the first, or not known
  Lsn forked_at = 0;         // where it left its parent
  Instant newest{};          // when its newest segment was stored
};

// A base backup without its sentinel: it is being taken, or was given up.
struct UnfinishedBase {
  std::string name;
  std::uint32_t timeline = 0;
  Lsn start_lsn = 0;  // from its name
  Instant newest{};   // when its newest object was stored
};

struct Holdings {
  std::vector<BaseBackup> base;
  std::vector<UnfinishedBase> unfinished;
  std::vector<LogicalBackup> logical;  // those that never ended, too
  std::vector<Timeline> timelines;
};

struct Decision {
  std::string name;
  bool stays = true;
  std::vector<std::string> reasons;  // why it stays, or the one why it goes
  std::uint64_t bytes = 0;
  Instant at{};
};

// WAL that stays: from `from` on, to `to` (0: without end).
struct KeptWal {
  std::uint32_t timeline = 0;
  Lsn from = 0;
  Lsn to = 0;
  std::string reason;
};

struct Solution {
  std::vector<Decision> base, logical;  // oldest first
  bool all_wal = true;                  // none of it is touched, because none of it is promised an end
  std::vector<KeptWal> wal;
  Instant wal_before{};  // what was stored later stays, whatever else is said of it
  bool keeps(std::uint32_t timeline, Lsn segment_start, Lsn segment_end, Instant stored_at) const;
};

Solution solve(const Holdings& holdings, const Retention& retention, const std::vector<Hold>& holds, Instant now);

// Days for which `retention.nightly` promises a logical backup of `database` and there is none, oldest first; from
// `since` on, before which there was nothing to back up.
std::vector<Date> missing_nights(const std::vector<LogicalBackup>& logical, const std::string& database, int nights,
                                 Instant since, Instant now);

}  // namespace pgcontract::retention
