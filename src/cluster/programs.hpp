#pragma once
// The server's own programs (initdb, pg_ctl, pg_checksums …) and the user they run as: root hands them to user
// postgres, because PostgreSQL refuses to run as root. No state; any thread.

#include <filesystem>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "base/result.hpp"

namespace pgcontract::cluster {

// The user the server runs as; empty: ourselves.
std::string server_user();

// The folder with initdb and postgres: PGCONTRACT_POSTGRES_BIN, else Debian's newest, else PATH's. With `major` other
// than 0 only programs of that version will do: a data directory belongs to one.
Result<std::filesystem::path> find_server_programs(int major = 0);

inline constexpr int kServerDeadlineMs = 120'000;
// Runs one of them as the server's user, with an environment that names no other cluster.
Result<ProcessResult> run_server_program(const std::filesystem::path& program,
                                         const std::vector<std::string>& arguments,
                                         int deadline_ms = kServerDeadlineMs);

// A folder that only the server's user enters.
Result<void> make_private_directory(const std::filesystem::path& path);
// Makes `path` the server's user's, where that is another than ours.
Result<void> give_to_server_user(const std::filesystem::path& path);

}  // namespace pgcontract::cluster
