#pragma once
// A part of a script as one schema is sent it: one message for a transaction, with the guard that lets it happen only
// where the version rows are as expected. Pure; any thread.

#include <string>
#include <string_view>
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
  std::string application_name = "pgcontract migrate";
  bool shared = false;  // tenants' revisions may change what is not the tenant's
};

struct Message {
  std::string text;
  std::vector<int> statements;  // of the part, by number of the message's statement; -1: one of ours
};

// BEGIN … up to and without COMMIT where `hold`, so that its locks can be looked at.
Message transaction_message(const Script& script, std::size_t part, const FleetSchema& schema, const Setting& setting,
                            int step, bool hold);
// COMMIT, and behind it what takes back the settings that the script leaves. Not in front of the next BEGIN: a message
// is a transaction from its first statement on, with what the settings said then.
std::vector<std::string_view> commit_statements(const Script& script);
std::string qualified_table(const FleetSchema& schema, const Setting& setting);
// SELECT that fails, saying which rows it found, where they are not `rows`.
std::string guard(const std::string& qualified_table, const std::vector<std::string>& rows);
bool is_guard_failure(const Error& error);

// The statements of a delegate's or autocommit part's session before the first and behind the last one.
std::string enter_schema(const FleetSchema& schema, const Setting& setting);
inline constexpr std::string_view kLeaveSchema = "RESET ROLE; RESET ALL";

// "part 1 of 4f…", for the journal: the part is done, but no row tells so.
std::string part_mark(const Part& part, std::size_t number);
// An expression for what the version rows are, physically: it is another one as soon as they have moved, be it forth
// and back. The journal keeps it beside a mark, so that a mark is believed only for as long as nobody has moved the
// rows.
std::string rows_identity(const std::string& qualified_table);
// Of a table without rows that has had some: nothing tells whether they moved since.
bool is_identity(std::string_view identity);

}  // namespace pgcontract::fleet
