#pragma once
// A list of tenants for bulk work: CSV with a header, a JSON array, or JSON lines. The whole of it is checked before
// anything is done, and every bad line is named. Text in, values out; no state; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/uuid.hpp"

namespace pgcontract::contract {

inline constexpr std::size_t kLongestDisplayName = 200;  // bytes

struct ListedTenant {
  Uuid id;
  std::string display_name;  // the id where the list has none
};

// `where` names the source in errors. A uuid's spellings (upper case, braces) are one id: a second one is an error.
Result<std::vector<ListedTenant>> parse_tenants(std::string_view text, const std::string& where);

// What is wrong with a display name, as the rest of a sentence; empty: nothing.
std::string display_name_problem(const std::string& name);

}  // namespace pgcontract::contract
