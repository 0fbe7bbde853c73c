#pragma once
// Segments fetched ahead of a server that replays, into a folder beside the file it asks for, so that the next request
// is a rename. Each is checked when it is fetched and again when it is taken. Any process may fetch ahead (a lock lets
// one do it) and any may take; what is half written is never taken. The folder goes when the server asks for a history
// that is not there, which it does at the end of recovery.

#include <cstdint>
#include <optional>
#include <string>

#include "wal/archive.hpp"

namespace pgcontract::wal {

struct Ahead {
  int segments = 16;
  int threads = 4;
};

// What restore_command asks: from the folder where it is there, else from the archive. Errors as Archive::fetch().
Result<Fetched> fetch_or_take(Archive& archive, const std::string& name, const std::string& destination);

// Whether so little is there after `name` that fetch_ahead() is worth a process or a thread.
bool wants_more(const std::string& name, const std::string& destination, const Ahead& ahead);
// Fetches what comes after `name`, until the archive has no more of it; returns at once where another one does so.
Result<void> fetch_ahead(Archive& archive, const std::string& name, const std::string& destination, const Ahead& ahead);

}  // namespace pgcontract::wal
