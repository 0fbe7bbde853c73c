#pragma once
// A part of a script as one schema is sent it: one message for a transaction, with the guard that lets it happen only
// where the version rows are as expected. Pure; any thread.

#include <string>
#include <vector>

#include "fleet/script.hpp"
#include "model/fleet.hpp"

namespace pgcontract::fleet {

// What is the same for every schema of a run.
struct Setting {
  std::string version_table;  // raw
  std::string owner;          // whose the objects become; raw; empty: the session's role
  std::string job;            // the journal's id; empty: none is kept
  int lock_timeout_ms = 1'000;
};

struct Message {
  std::string text;
  std::vector<int> statements;  // of the part, by number of the message's statement; -1: one of ours
};

// BEGIN … up to and without COMMIT where `hold`, so that its locks can be looked at.
Message transaction_message(const Script& script, std::size_t part, const FleetSchema& schema, const Setting& setting,
                            int step, bool hold);
std::string qualified_table(const FleetSchema& schema, const Setting& setting);
std::string create_version_table(const std::string& qualified_table, const Setting& setting);
// SELECT that fails, saying which rows it found, where they are not `rows`.
std::string guard(const std::string& qualified_table, const std::vector<std::string>& rows);
bool is_guard_failure(const Error& error);

// The statements of a delegate's or autocommit part's session before the first and behind the last one.
std::string enter_schema(const FleetSchema& schema, const Setting& setting);
inline constexpr std::string_view kLeaveSchema = "RESET ROLE; RESET ALL";

// "part 1 of 4f…", for the journal: the part is done, but no row tells so.
std::string part_mark(const Part& part, std::size_t number);

}  // namespace pgcontract::fleet
