#pragma once
// What is known of backups: base backups, logical backups, the archive of WAL, and what can be restored from them.
// Values; read from a store by backup/ and wal/, judged by compare/backup/, shown by report/.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"

namespace pgcontract {

using Lsn = std::uint64_t;  // byte position in the WAL (docs §30.6); 0: none

// How sure a base backup is. Each state is recorded beside the backup with its date, and includes those before.
enum class BackupState {
  Taken,     // its last object was written
  Complete,  // each WAL segment it needs is in the archive, verified by content
  Verified,  // every object was read again and hashed
  Proven,    // restored, started and queried by a drill
};
std::string_view to_string(BackupState state);  // "taken", "complete", "verified", "proven"

struct BaseBackup {
  std::string name;                     // base_000000010000000000000004
  std::string delta_from;               // wal-g's deltas: the parent's name; else empty
  int pg_version = 0;                   // 150020
  std::uint64_t system_identifier = 0;  // 0: not recorded
  std::uint32_t timeline = 0;
  Lsn start_lsn = 0;
  Lsn finish_lsn = 0;
  Instant started_at{};
  Instant finished_at{};
  std::uint64_t uncompressed_bytes = 0;
  std::uint64_t compressed_bytes = 0;
  std::string hostname;
  std::string data_directory;
  bool permanent = false;
  bool encrypted = false;
  bool ours = false;  // has our manifest: all of it can be checked by hash
  BackupState state = BackupState::Taken;
  std::optional<Instant> complete_at, verified_at, proven_at;
  std::string problem;  // why it cannot be restored as it lies there; empty: nothing known against it
};

struct LogicalBackup {
  std::string id;  // 20261123T031500Z
  std::string database;
  Instant started_at{};
  Instant finished_at{};
  std::uint64_t bytes = 0;  // stored
  int schemas = 0;
  int tables = 0;
  std::string tenant;   // of one tenant alone: its id; else empty
  std::string problem;  // what its catalogue and the store's listing disagree on; empty: nothing
};

// A span of WAL, and of time, without a hole. Times are those of commits or backups at its ends; nothing: not known.
struct WalInterval {
  std::uint32_t timeline = 0;
  Lsn from = 0;
  Lsn to = 0;
  std::optional<Instant> from_time, to_time;
};

struct RestorableWindow {
  WalInterval span;                  // any moment in it can be restored
  std::vector<std::string> backups;  // from these, oldest first
};

struct WalGap {
  WalInterval span;
  std::string acknowledged;  // by whom and why; empty: nobody
};

// What a drill left in the store: drills/<id>.json.
struct DrillRecord {
  std::string id;  // 20261123T031500Z
  Instant at{};
  bool proven = false;  // it found nothing wrong
  std::string outcome;  // in its own words
};

// All of one store, at one moment.
struct BackupFacts {
  bool read = false;
  std::string unreadable;              // why it could not be read
  std::string store;                   // Store::describe()
  std::vector<BaseBackup> base;        // oldest first
  std::vector<LogicalBackup> logical;  // oldest first
  std::vector<RestorableWindow> windows;
  std::vector<WalGap> gaps;
  std::optional<Instant> last_wal_at;  // when the newest segment was stored
  std::string last_wal;                // its name
  std::vector<DrillRecord> drills;     // oldest first; of the newest alone the outcome is read
  bool runbook_read = false;           // the contract's runbook, which is a file beside it
  std::string runbook_drill;           // the newest drill it tells of; empty: of none
};

}  // namespace pgcontract
