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
std::string create_version_table(const std::string& qualified_table, const Setting& setting);
// SELECT that fails, saying which rows it found, where they are not `rows`.
std::string guard(const std::string& qualified_table, const std::vector<std::string>& rows);
bool is_guard_failure(const Error& error);

// The statements of an autocommit part's session before the first and behind the last one.
std::string enter_schema(const FleetSchema& schema, const Setting& setting);
inline constexpr std::string_view kLeaveSchema = "RESET ROLE; RESET ALL";

// The statement that writes a mark into this step of the journal, in place of an earlier one; none where `mark` is
// empty. To be run as the session's own role.
std::string mark_update(const std::string& mark, const std::string& qualified_table, const Setting& setting, int step);
// SELECT that fails where the journal has this mark already: the answer of the COMMIT that wrote it was lost.
std::string mark_guard(const std::string& mark, const Setting& setting, int step);
bool is_mark_failure(const Error& error);
inline constexpr char kBegun = '?';  // behind the mark of a statement that cannot be in a transaction with it
// "part 4f… 9ab3…" -> "4f…".
std::string revision_of_mark(const std::string& mark);
// One statement of an autocommit part that can stand in a transaction all the same, with its mark, so that both are
// there or neither. In a session that enter_schema() has set up.
Message marked_statement(const Part& part, std::size_t statement, const FleetSchema& schema, const Setting& setting,
                         int step);
// As Alembic makes the version table, and taken away from the tenant's role: a message of its own.
std::string table_message(const FleetSchema& schema, const Setting& setting);
// An expression for what the version rows are, physically: it is another one as soon as they have moved, be it forth
// and back. The journal keeps it beside a mark, so that a mark is believed only for as long as nobody has moved the
// rows.
std::string rows_identity(const std::string& qualified_table);
// Of a table without rows that has had some: nothing tells whether they moved since.
bool is_identity(std::string_view identity);

}  // namespace pgcontract::fleet
