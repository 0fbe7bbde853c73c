#include "lint/tree.hpp"

#include <algorithm>
#include <array>

namespace pgcontract::lint::tree {

const Json& nothing() {
  static const Json kNothing;
  return kNothing;
}

std::pair<std::string, const Json*> tagged(const Json& node) {
  if (!node.is_object() || node.size() != 1) return {"", &nothing()};
  return {node.begin().key(), &node.begin().value()};
}

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> out;
  const Json& items = list.is_object() ? child(child(list, "List"), "items") : list;
  if (!items.is_array()) return out;
  for (const auto& item : items)
    if (const Json& value = child(item, "String"); value.is_object()) out.push_back(text(value, "sval"));
  return out;
}

Name relation(const Json& node) {
  if (const Json& inner = child(node, "RangeVar"); inner.is_object()) return relation(inner);
  return {text(node, "schemaname"), text(node, "relname")};
}

Name qualified(const std::vector<std::string>& parts) {
  if (parts.empty()) return {};
  return {parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back()};
}

void read_type(const Json& type_name, ColumnSpec& column) {
  const Name name = qualified(strings(child(type_name, "names")));
  column.type = name.schema == "pg_catalog" ? name.name : name.text();
  column.array = child(type_name, "arrayBounds").is_array();
  if (const Json& arguments = child(type_name, "typmods"); arguments.is_array())
    for (const auto& argument : arguments) {
      const Json& number = child(child(child(argument, "A_Const"), "ival"), "ival");
      column.length.push_back(number.is_number_integer() ? number.get<int>() : 0);
    }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSerials = {{{"serial", "int4"},
                                                                                             {"serial4", "int4"},
                                                                                             {"bigserial", "int8"},
                                                                                             {"serial8", "int8"},
                                                                                             {"smallserial", "int2"},
                                                                                             {"serial2", "int2"}}};
  for (const auto& [serial, integer] : kSerials)
    if (column.type == serial) {
      column.type = integer;
      column.serial = column.not_null = column.has_default = column.volatile_default = true;
      return;
    }
}

bool may_be_volatile(const Json& expression) {
  // Those that migrations use and that are not volatile: a default of theirs is computed once, not for each row.
  static constexpr std::string_view kStable[] = {"abs",
                                                 "array_fill",
                                                 "btrim",
                                                 "ceil",
                                                 "char_length",
                                                 "coalesce",
                                                 "concat",
                                                 "concat_ws",
                                                 "current_database",
                                                 "current_schema",
                                                 "current_setting",
                                                 "date",
                                                 "date_part",
                                                 "date_trunc",
                                                 "decode",
                                                 "encode",
                                                 "floor",
                                                 "format",
                                                 "int4range",
                                                 "int8range",
                                                 "json_build_array",
                                                 "json_build_object",
                                                 "jsonb_build_array",
                                                 "jsonb_build_object",
                                                 "left",
                                                 "length",
                                                 "lower",
                                                 "ltrim",
                                                 "make_date",
                                                 "make_interval",
                                                 "make_timestamptz",
                                                 "md5",
                                                 "now",
                                                 "nullif",
                                                 "numrange",
                                                 "replace",
                                                 "right",
                                                 "round",
                                                 "rtrim",
                                                 "sha256",
                                                 "statement_timestamp",
                                                 "substr",
                                                 "substring",
                                                 "timezone",
                                                 "to_char",
                                                 "to_date",
                                                 "to_json",
                                                 "to_jsonb",
                                                 "to_timestamp",
                                                 "to_tsvector",
                                                 "transaction_timestamp",
                                                 "tsrange",
                                                 "tstzrange",
                                                 "upper"};
  if (expression.is_array())
    return std::ranges::any_of(expression, [](const Json& item) { return may_be_volatile(item); });
  if (!expression.is_object()) return false;
  if (const Json& call = child(expression, "FuncCall"); call.is_object()) {
    const Name name = qualified(strings(child(call, "funcname")));
    const bool known = (name.schema.empty() || name.schema == "pg_catalog") &&
                       std::ranges::find(kStable, name.name) != std::end(kStable);
    if (!known) return true;
  }
  return std::ranges::any_of(expression, [](const Json& item) { return may_be_volatile(item); });
}

bool has_option(const Json& list, std::string_view name) {
  return list.is_array() && std::ranges::any_of(list, [&](const Json& item) {
           const Json& option = child(item, "DefElem");
           if (text(option, "defname") != name) return false;
           const Json& value = child(child(child(option, "arg"), "String"), "sval");
           return !value.is_string() || (value != "false" && value != "off");
         });
}

}  // namespace pgcontract::lint::tree
