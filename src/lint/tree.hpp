#pragma once
// Looks into libpg_query's JSON tree: a node is an object with one member, whose key is its tag; fields that hold a
// default are absent. For parse*.cpp only. Views point into the tree; any thread.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lint/statement.hpp"

namespace pgcontract::lint::tree {

using Json = nlohmann::json;

const Json& nothing();
// The member, or null where there is none.
inline const Json& child(const Json& node, const char* key) {
  if (!node.is_object()) return nothing();
  const auto at = node.find(key);
  return at == node.end() ? nothing() : *at;
}
inline std::string text(const Json& node, const char* key) {
  const Json& value = child(node, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}
inline bool flag(const Json& node, const char* key) {
  const Json& value = child(node, key);
  return value.is_boolean() && value.get<bool>();
}
// {"ColumnDef": {…}} → "ColumnDef", {…}
std::pair<std::string, const Json*> tagged(const Json& node);
// A list of String nodes.
std::vector<std::string> strings(const Json& list);
// {"relname": …}, or {"RangeVar": {"relname": …}}
Name relation(const Json& node);
// The last one or two of a list of strings.
Name qualified(const std::vector<std::string>& parts);
// The type of a TypeName node, into `column`.
void read_type(const Json& type_name, ColumnSpec& column);
// Whether an expression calls a function that is volatile, or that we do not know.
bool may_be_volatile(const Json& expression);
// An option of a list of DefElem.
bool has_option(const Json& list, std::string_view name);

// The parts that tables are made of.
ColumnSpec column(const Json& definition, std::vector<KeySpec>& keys);
std::optional<KeySpec> key(const Json& constraint);
std::vector<Act> alter_table(const Json& statement);
Act create_table(const Json& statement);
Act create_index(const Json& statement);

}  // namespace pgcontract::lint::tree
