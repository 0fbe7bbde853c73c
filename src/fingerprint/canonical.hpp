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
  using Words = std::vector<std::pair<std::string, std::string>>;  // from → to
  OwnNames(const std::string& schema, Words words);
  // `schema.` before a name, and the words wherever they stand whole.
  std::string replace(std::string_view text) const;
  // Whether a line of COPY may hold something to replace. Errs on the side of true.
  bool may_touch(std::string_view line) const;

 private:
  Words qualifiers_;  // as SQL writes them: "tenant_4f." → "{schema}."
  Words words_;
  std::vector<std::string> signs_;  // one of which stands in every text that has something to replace
  bool escaped_ = false;            // a name has characters that COPY escapes
};

// An expression as pg_get_expr() prints it, in the form it takes once it was printed and read again: the cast of an
// array goes into its elements, (ARRAY['a'::character varying])::text[] → ARRAY[('a'::character varying)::text].
std::string canonical_expression(std::string_view text);

// A view's definition, likewise. Servers before 16 put the name of the only relation before each column; it goes.
std::string canonical_view(std::string_view text, int server_version);

// aclitem[] as text → "PUBLIC: USAGE by owner; app: ALL by owner", sorted, with own names replaced; "none" where empty.
// `kind` is that of acldefault(). ALL is what the server's version calls all, so that MAINTAIN makes no difference.
std::string canonical_privileges(std::string_view acl, char kind, int server_version, const OwnNames& own);

}  // namespace pgcontract::fingerprint
