#pragma once
// A physical backup of a running server into a store, in wal-g's layout (doc/store-layout.md): local, reading the data
// directory with several threads while one session holds pg_backup_start(); or remote, the server sending its files by
// the replication protocol. Both end with the sentinel; what fails before leaves nothing that counts as a backup.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "backup/server.hpp"
#include "backup/writer.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::backup {

struct BaseRequest {
  int workers = 1;
  std::uint64_t part_bytes = std::uint64_t{256} << 20;  // a part is closed when it has more than that
  bool permanent = false;
  // Now and then, from the calling thread.
  std::function<void(std::uint64_t files, std::uint64_t bytes, std::uint64_t bytes_expected)> progress;
};

struct TakenBase {
  walg::Manifest manifest;
  walg::Sentinel sentinel;
  ServerFacts server;
  std::vector<std::string> corrupt;  // "base/5/16390 block 7", the first of them
  std::vector<std::string> notes;    // sentences
};

Result<TakenBase> take_local(const postgres::Dsn& dsn, store::Store& store, const walg::Seal& seal,
                             const BaseRequest& request);
Result<TakenBase> take_remote(const postgres::Dsn& dsn, store::Store& store, const walg::Seal& seal,
                              const BaseRequest& request);

inline constexpr std::string_view kLabel = "pgcontract";
inline constexpr std::uint64_t kMostFilesOfPart = 20'000;  // their lines are held until the part is stored
std::string host_name();

}  // namespace pgcontract::backup
