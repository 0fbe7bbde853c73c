#pragma once
// Privileges as PostgreSQL keeps them: aclitem[] in its text form (docs §5.7, table 5.1). Pure.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract {

struct AclItem {
  std::string grantee;     // role name; empty is PUBLIC
  std::string privileges;  // one letter each: r SELECT, a INSERT, w UPDATE, d DELETE, D TRUNCATE, x REFERENCES,
                           // t TRIGGER, m MAINTAIN, X EXECUTE, U USAGE, C CREATE, c CONNECT, T TEMPORARY, s SET, A
  std::string grantable;   // those of them held with grant option
  std::string grantor;
};

// Parses "{owner=arwdDxt/owner,=r/owner}"; an empty or malformed text gives no items.
std::vector<AclItem> parse_acl(std::string_view text);

// What holds where the catalog's acl is null: the owner's full set and PUBLIC's defaults. `kind` is 'r' table,
// 'S' sequence, 'f' function, 'n' schema, 'd' database, 'T' type.
std::vector<AclItem> default_acl(char kind, std::string_view owner);

// The acl in force: parsed, or the default where the text is empty.
std::vector<AclItem> effective_acl(std::string_view text, char kind, std::string_view owner);

// All of `letters` that `grantee` ("" is PUBLIC) holds by items naming it directly.
std::string privileges_of(const std::vector<AclItem>& acl, std::string_view grantee);

// "SELECT, INSERT" for "ra".
std::string privilege_names(std::string_view letters);

}  // namespace pgcontract
