#pragma once
// What an interrupted CREATE INDEX, DROP INDEX or REINDEX CONCURRENTLY leaves behind: an index that is not valid, which
// IF NOT EXISTS would then take for done. Found by name, dropped, built again. One connection, one thread.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::fleet {

struct ConcurrentIndex {
  enum Verb { Create, Drop, Rebuild };
  Verb verb = Create;
  std::string name;       // raw; Rebuild: an index or a table
  std::string schema;     // as the statement names it; empty: whatever the search_path says
  bool of_table = false;  // REINDEX TABLE
};
// What a statement makes, drops or builds again; nothing for any other statement, and for an index that the server
// names.
std::optional<ConcurrentIndex> concurrent_index(std::string_view statement);

// Drops what is invalid. False: where the statement was `begun` before and its answer is not known, a valid index of
// this name (or, for DROP, none) says that it was done. One that others made is for the server to refuse.
Result<bool> prepare_concurrent_index(postgres::Connection& connection, const std::string& schema,
                                      std::string_view statement, bool begun);
// After a failed CREATE or REINDEX, so that nothing is left in the way of writers.
Result<void> drop_invalid_index(postgres::Connection& connection, const std::string& schema,
                                std::string_view statement);

}  // namespace pgcontract::fleet
