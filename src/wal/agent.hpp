#pragma once
// The resident process beside a server: it watches pg_wal/archive_status and stores what is ready ahead of
// archive_command, several files at once over connections that stay open, so that archive_command only asks whether
// its file is stored. It marks nothing as done: that is the server's. What it remembers is a file's identity, and only
// until the server has marked it; after a restart the store is asked again. One agent a data directory (a lock). It
// ends at the first SIGTERM, when what it was storing is stored; files it did not get to stay for the next one.

#include <cstdint>
#include <functional>
#include <string>

#include "wal/archive.hpp"
#include "wal/prefetch.hpp"

namespace pgcontract::wal {

struct AgentOptions {
  std::string data_directory;
  std::string socket;  // empty: in the data directory
  int workers = 2;
  Ahead ahead;
  std::function<void(const std::string& line)> log;  // called by one thread at a time
};

struct AgentSummary {
  std::uint64_t stored = 0;     // files
  std::uint64_t bytes = 0;      // of them
  std::uint64_t was_there = 0;  // of them, in the store already
  std::uint64_t asked = 0;      // requests
  std::uint64_t at_once = 0;    // answered from memory
  std::uint64_t failed = 0;     // tries that failed
};

Result<AgentSummary> run_agent(Archive& archive, const AgentOptions& options);

}  // namespace pgcontract::wal
