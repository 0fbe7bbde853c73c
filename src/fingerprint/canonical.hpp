#pragma once
// Catalog text as it means the same wherever it was written: own names as tokens, casts as the server writes them after
// a reload, privileges without their order. Pure; any thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgcontract::fingerprint {

// Replaces a schema's own words in texts of that schema. Made once a schema; cheap where nothing is to be replaced.
class OwnNames {
 public:
  OwnNames(const std::string& schema, std::vector<std::pair<std::string, std::string>> words);
  std::string replace(std::string_view text) const;
  bool touches(std::string_view text) const;  // whether replace() would change it, or might

 private:
  std::vector<std::pair<std::string, std::string>> qualifiers_;  // "tenant_4f." → "{schema}."
  std::vector<std::pair<std::string, std::string>> words_;       // whole words
};

// An expression as pg_get_expr() prints it, in the form it takes after it was printed and read again: a cast of an
// array is moved into its elements, and a cast of a typed string constant to text is dropped where it says nothing.
std::string canonical_expression(std::string_view text);

// A view's definition: as above, and where the server is older than 16 without the prefix that it put before the
// columns of the only relation.
std::string canonical_view(std::string_view text, int server_version);

// aclitem[] as text → "PUBLIC: USAGE by owner; app: ALL by owner", sorted; "none" where empty. `kind` is
// acldefault()'s.
std::string canonical_privileges(std::string_view acl, char kind, int server_version);

}  // namespace pgcontract::fingerprint
