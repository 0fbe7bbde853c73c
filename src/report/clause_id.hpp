#pragma once
// The two parts of a clause's id, "tenancy.rls_forced": its area and its own name. Views into the id; any thread.

#include <string_view>

namespace pgcontract::report {

inline std::string_view area_of(std::string_view clause) { return clause.substr(0, clause.find('.')); }

inline std::string_view name_in_area(std::string_view clause) {
  const auto dot = clause.find('.');
  return dot == std::string_view::npos ? clause : clause.substr(dot + 1);
}

}  // namespace pgcontract::report
