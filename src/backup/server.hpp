#pragma once
// What a backup asks of the server it is of. No state; one thread.

#include <cstdint>
#include <string>
#include <vector>

#include "model/backup.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::backup {

struct ServerFacts {
  int version = 0;  // 150020
  std::uint64_t system_identifier = 0;
  std::uint32_t timeline = 0;
  std::uint64_t segment_size = 0;
  bool page_checksums = false;
  bool in_recovery = false;
  std::string data_directory;              // empty: this role may not know it
  bool archiving = false;                  // archive_mode, and something to archive with
  std::string not_archiving;               // why
  std::vector<std::string> files_outside;  // configuration that does not lie in the data directory
  std::uint64_t bytes = 0;                 // of all tablespaces, about; 0: not known
};
Result<ServerFacts> read_server(postgres::Connection& connection);

}  // namespace pgcontract::backup
