#pragma once
// The catalog queries behind a fingerprint: one .sql file each, with a head that says which nodes its rows make. A
// place {15:new|old} in a file is for servers from that version on, or before it. Made once a read; values.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::fingerprint {

// How a field becomes an attribute's value.
enum class Reading {
  Text,
  Expression,  // deparsed by the server in the row
  View,        // a view's definition
  Deparsed,    // "c OID RELATION TREE": deparsed later, once for all that are the same
  Columns,     // "RELATION 1 2": column numbers, to be named
  Opclasses,   // "1978 1979"
  Collations,  // likewise
  List,        // separated by U+001F, in any order
  Options,     // text[] of name=value, in any order
  Acl,         // aclitem[] of the kind in `acl`; '*': the kind is the field's first character
};

struct AttributeForm {
  std::string name;
  Reading reading = Reading::Text;
  char acl = 0;
};

struct CatalogQuery {
  std::string file;  // for messages
  std::string sql;
  std::string kind;         // of its nodes; "*": the first field behind the name
  bool name_as_is = false;  // the name is SQL already; else it is quoted here
  std::vector<AttributeForm> attributes;
};

// Those that make nodes, in the order in which they are to be read: what names columns comes first. `schemas` is the
// list of schemas as SQL: "'{2200}'::pg_catalog.oid[]".
std::vector<CatalogQuery> catalog_queries(int server_version, std::string_view schemas);

// Any other file, with the version's parts chosen; {name} places are left.
std::string query_text(std::string_view file, int server_version);
std::string with_place(std::string text, std::string_view place, std::string_view value);

}  // namespace pgcontract::fingerprint
