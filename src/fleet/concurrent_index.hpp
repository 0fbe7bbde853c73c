#pragma once
// What an interrupted CREATE or DROP INDEX CONCURRENTLY leaves behind: an index that is not valid, which IF NOT EXISTS
// would then take for done. Found by name, dropped, built again. One connection, one thread.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::fleet {

struct ConcurrentIndex {
  bool create = true;  // false: DROP INDEX CONCURRENTLY
  std::string name;    // raw
};
// What a statement makes or drops; nothing for any other statement, and for an index that the server names.
std::optional<ConcurrentIndex> concurrent_index(std::string_view statement);

// Drops what is invalid. False: a valid index of this name is there already (or, for DROP, none), so that the statement
// is not needed.
Result<bool> prepare_concurrent_index(postgres::Connection& connection, const std::string& schema,
                                      std::string_view statement);
// After a failed CREATE, so that nothing is left in the way of writers.
Result<void> drop_invalid_index(postgres::Connection& connection, const std::string& schema,
                                std::string_view statement);

}  // namespace pgcontract::fleet
