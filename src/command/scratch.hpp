#pragma once
// What `restore run`, `restore tenant` and `drill run` share: the target from the command line, the plan as a table,
// and a scratch cluster restored to it. The Scratch owns its folder and its server, and both are gone with it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command/backup_facts.hpp"
#include "command/backup_place.hpp"
#include "drill/isolated.hpp"
#include "report/progress.hpp"
#include "restore/archive.hpp"
#include "restore/backups.hpp"
#include "restore/feed.hpp"
#include "restore/plan.hpp"
#include "restore/unpack.hpp"

namespace pgcontract::command {

inline constexpr const char* kDefaultWorkDirectory = "/var/tmp";

// All that a restore is planned from.
struct Sources {
  restore::Backups backups;
  restore::Archive archive;
};
Result<Sources> read_sources(const BackupPlace& place);

// --target-time, --target-lsn, --target-name, --target-xid, --latest and --timeline; a usage error where two disagree.
Result<restore::Target> target_argument(const Arguments& arguments);
std::vector<Option> target_options();

Table plan_table(const restore::Plan& plan, const restore::Target& target, const restore::Archive& archive);

struct Phases {
  double unpack = 0;     // fetched, decoded and unpacked, in one pass
  double replay = 0;     // from the server's start until it took writes
  double fetch_wal = 0;  // of that, spent on fetching WAL
};

struct Scratch {
  drill::Workspace workspace;
  std::unique_ptr<restore::WalFeed> feed;
  std::optional<drill::Isolated> server;
  restore::Unpacked unpacked;
  Phases phases;
  int swept = 0;
};
// An Error on the way tells which phase failed in its context: "unpack" or "replay".
Result<Scratch> restore_scratch(BackupPlace& place, const restore::Plan& plan, const restore::Target& target,
                                const Sources& sources, const std::string& work_directory, bool keep,
                                report::Progress& progress);

// OutOfSpace where the file system below `directory` has no room for `bytes` and the WAL that a replay needs.
Result<void> check_room(const std::string& directory, std::uint64_t bytes, std::string hint);

// The database that is governed; on a copy too.
std::string database_of(const Place& place, const std::optional<postgres::Dsn>& live);

}  // namespace pgcontract::command
