#pragma once
// What the tenancy clauses say in the same words: how grantees are named, and the tags of a finding on privileges,
// which plan/ turns into GRANT and REVOKE. Values in, values out; nothing is owned. Any thread.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "compare/scope.hpp"
#include "model/acl.hpp"

namespace pgcontract::compare::wording {

inline Examined no_tenancy() { return {{}, "no tenancy in the contract", {}}; }

inline Finding finding(Subject subject, std::string message, std::vector<std::string> tags, std::string consider = {}) {
  return {{}, std::move(subject), std::move(message), std::move(consider), std::move(tags), {}, {}};
}

// PUBLIC as it stands in a subject's part: no role can have this name, and a label needs no quotes for it.
inline std::string grantee_name(std::string_view grantee) { return std::string(grantee.empty() ? "public" : grantee); }

inline std::string grantee_shown(std::string_view grantee) { return grantee.empty() ? "PUBLIC" : quoted(grantee); }

// The letters of `letters` that are not in `taken`.
inline std::string without(std::string_view letters, std::string_view taken) {
  std::string rest;
  for (char letter : letters)
    if (taken.find(letter) == std::string_view::npos) rest += letter;
  return rest;
}

inline std::string privileges_or_nothing(std::string_view letters) {
  return letters.empty() ? "nothing" : privilege_names(letters);
}

// `what`: "excess", "missing" or "grant_option".
inline std::vector<std::string> privilege_tags(std::string_view what, std::string_view letters,
                                               std::string_view grantee) {
  return {std::string(what), fmt::format("letters:{}", letters), fmt::format("grantee:{}", grantee_name(grantee))};
}

}  // namespace pgcontract::compare::wording
