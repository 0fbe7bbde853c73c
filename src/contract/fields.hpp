#pragma once
// The one table of contract.yaml's keys: what each is called, may hold, defaults to and means. The loader, the JSON
// Schema (doc/contract.schema.json) and the reference page (doc/contract.md) all read it, so that they cannot part.
// Constant after first use; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "contract/rules.hpp"
#include "model/contract.hpp"

namespace pgcontract::contract {

enum class Shape {
  Section,  // a mapping with the keys below it in the table
  Named,    // a mapping from names of the user's choice to sections; its children's paths have * for the name
  Records,  // a list of sections; its children's paths have [] behind the list's
  Version,  // the number 1
  Flag,     // true or false
  Count,    // a whole number from 1 to kLargestCount, or the word none
  Text,
  Texts,  // a list of texts without doubles
};

inline constexpr int kLargestCount = 1'000'000;

// A value on its way into a Contract.
struct Value {
  std::string text = {};  // Text; Count, its digits or "none"; the name of a Named section; the section as written
  bool flag = false;
  std::vector<std::string> list = {};
  SourceMark mark = {};
};

struct Field {
  std::string_view path;  // "tenancy.roles.owner", "environments.*.dsn", "waivers[].clause"
  Shape shape = Shape::Text;
  bool required = false;
  // What holds where the key is absent, as YAML; empty: nothing. "{}" and "[]" make the defaults below it hold.
  std::string_view fallback = {};
  std::vector<std::string_view> allowed = {};      // Text: the only values
  const Rule* rule = nullptr;                      // Text and Texts: of the value; Named: of the names
  std::vector<std::string_view> exactly_one = {};  // of these keys (sections)
  std::string_view sentence = {};                  // what it means
  void (*set)(Contract& contract, const Value& value) = nullptr;

  // The last part of the path.
  std::string_view key() const;
};

const std::vector<Field>& fields();
// The fields directly below `path` ("" is the root), in the table's order.
std::vector<const Field*> fields_below(std::string_view path);
// The path that the children of a field have in common: "environments.*", "waivers[]", "tenancy".
std::string path_below(const Field& field);

// JSON Schema 2020-12, for editors.
std::string contract_json_schema();
std::string contract_reference_markdown();

}  // namespace pgcontract::contract
