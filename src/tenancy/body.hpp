#pragma once
// What a function's body says, as far as it can be read without running it: its words outside of comments and strings,
// and the names it uses. Enough to tell a body that is the same for every call from one that builds its own SQL. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::tenancy {

struct BodyName {
  std::string schema;  // empty where it is not qualified
  std::string name;
};

struct Body {
  std::vector<BodyName> names;             // every identifier, lower case unless quoted
  bool says(std::string_view word) const;  // as a bare word
};

Body read_body(std::string_view source);

}  // namespace pgcontract::tenancy
