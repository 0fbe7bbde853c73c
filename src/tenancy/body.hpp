#pragma once
// What a function's body says, as far as it can be read without running it: its words outside of comments and strings,
// and the names it uses. Enough to tell a body that is the same for every call from one that builds its own SQL. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::tenancy {

struct BodyName {
  std::string schema;  // empty where it is not qualified
  std::string name;    // a string stands as "'"
};

struct Body {
  std::vector<BodyName> names;             // every identifier, lower case unless quoted
  std::vector<std::string> strings;        // what stands between quotes
  bool ambiguous = false;                  // a session's settings, or escapes in names, decide what is code
  bool says(std::string_view word) const;  // whatever it is qualified with: "beginning*" for all that begin so
};

Body read_body(std::string_view source);

// Why a body runs SQL that is not in it, or where its names lead is not its own to say; empty where neither.
std::string why_open(const Body& body, std::string_view source);

}  // namespace pgcontract::tenancy
