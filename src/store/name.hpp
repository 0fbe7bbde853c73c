#pragma once
// Names of objects, the same for every store: what is refused here could climb out of a folder or a prefix, or could
// not be stored by one of the adaptors. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pgcontract::store {

Result<void> check_name(std::string_view name);
// "a/b/c" → a, b, c.
std::vector<std::string> parts_of(std::string_view name);
// A name for an object half written: real wal-g hides names of this shape as well.
std::string temporary_name(std::string_view leaf);
bool is_temporary(std::string_view leaf);
// A name for a message: control characters of somebody else's naming do not reach a terminal raw.
std::string shown_name(std::string_view name);

}  // namespace pgcontract::store
