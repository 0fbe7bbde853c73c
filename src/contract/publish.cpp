// The table of fields as others read it: JSON Schema for editors, Markdown for people.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "contract/fields.hpp"

namespace pgcontract::contract {
namespace {

using Json = nlohmann::ordered_json;

Json schema_of(const Field& field);

void add_children(Json& schema, std::string_view path, const std::vector<std::string_view>& exactly_one) {
  schema["additionalProperties"] = false;
  Json required = Json::array();
  Json properties = Json::object();
  for (const Field* child : fields_below(path)) {
    properties[std::string(child->key())] = schema_of(*child);
    if (child->required) required.push_back(child->key());
  }
  if (!required.empty()) schema["required"] = required;
  for (const auto key : exactly_one) schema["oneOf"].push_back({{"required", {key}}});
  schema["properties"] = properties;
}

Json schema_of_text(const Field& field) {
  Json schema{{"type", "string"}};
  if (!field.allowed.empty()) {
    schema["enum"] = field.allowed;
    return schema;
  }
  if (!field.rule->may_be_empty) schema["minLength"] = 1;
  if (field.rule->longest > 0) schema["maxLength"] = field.rule->longest;
  if (!field.rule->pattern.empty()) schema["pattern"] = field.rule->pattern;
  return schema;
}

Json schema_of_value(const Field& field) {
  switch (field.shape) {
    case Shape::Version: return Json{{"const", 1}};
    case Shape::Flag: return Json{{"type", "boolean"}};
    case Shape::Count:
      return Json{{"anyOf", {{{"type", "integer"}, {"minimum", 1}, {"maximum", kLargestCount}}, {{"const", "none"}}}}};
    case Shape::Text: return schema_of_text(field);
    case Shape::Texts: return Json{{"type", "array"}, {"items", schema_of_text(field)}, {"uniqueItems", true}};
    case Shape::Section: {
      Json schema{{"type", "object"}};
      add_children(schema, path_below(field), field.exactly_one);
      return schema;
    }
    case Shape::Named: {
      Json element{{"type", "object"}};
      add_children(element, path_below(field), field.exactly_one);
      return Json{{"type", "object"},
                  {"minProperties", 1},
                  {"propertyNames", {{"pattern", field.rule->pattern}}},
                  {"additionalProperties", element}};
    }
    case Shape::Records: {
      Json element{{"type", "object"}};
      add_children(element, path_below(field), field.exactly_one);
      return Json{{"type", "array"}, {"items", element}};
    }
  }
  return {};
}

Json schema_of(const Field& field) {
  Json schema{{"description", field.sentence}};
  schema.update(schema_of_value(field));
  if (field.fallback.empty()) return schema;
  if (field.shape == Shape::Text)
    schema["default"] = field.fallback;
  else
    schema["default"] = Json::parse(field.fallback);
  return schema;
}

std::string in_words(const Field& field) {
  switch (field.shape) {
    case Shape::Version: return "`1`";
    case Shape::Flag: return "`true` or `false`";
    case Shape::Count: return "a whole number, or `none`";
    case Shape::Texts: return fmt::format("a list, each {}", field.rule->value);
    case Shape::Section: return "a mapping";
    case Shape::Named: return "a mapping from names to mappings";
    case Shape::Records: return "a list of mappings";
    case Shape::Text: break;
  }
  if (field.allowed.empty()) return std::string(field.rule->value);
  std::string words;
  for (const auto word : field.allowed) words += fmt::format("{}`{}`", words.empty() ? "" : ", ", word);
  return words;
}

std::string default_in_words(const Field& field, const std::vector<std::string_view>& exactly_one) {
  if (field.required) return "**required**";
  for (const auto key : exactly_one)
    if (key == field.key()) return "**one of these**";
  return field.fallback.empty() ? "" : fmt::format("`{}`", field.fallback);
}

// A | would end the cell.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != text.npos; at += 2) text.insert(at, 1, '\\');
  return text;
}

void add_rows(std::string& page, std::string_view path, std::string_view shown_below,
              const std::vector<std::string_view>& exactly_one) {
  for (const Field* field : fields_below(path)) {
    const std::string shown_path = std::string(shown_below) + std::string(field->key());
    page += fmt::format("| `{}` | {} | {} | {} |\n", shown_path, cell(in_words(*field)),
                        cell(default_in_words(*field, exactly_one)), cell(std::string(field->sentence)));
    add_rows(page, path_below(*field), shown_path + ".", field->exactly_one);
  }
}

constexpr std::string_view kTableHead = "| key | value | default | meaning |\n|---|---|---|---|\n";

constexpr std::string_view kIntroduction = R"(# contract.yaml

<!-- Written by the program from the table in src/contract/fields.cpp. A test compares them; PGC_ACCEPT=1 rewrites this file. -->

One file per system, next to the code it governs. Relative paths start at the file's directory. The smallest contract:

```yaml
contract: 1
name: shop
environments:
  local: { dsn: embedded }
  production: { dsn_from: env:DATABASE_URL, production: true }
schemas:
  application: { name: shop_api }
```

Editors complete and check the file with `contract.schema.json`; for those that speak the YAML language server's protocol,
begin the file with `# yaml-language-server: $schema=…/contract.schema.json`.

## The language

The file is YAML 1.2 in UTF-8: mappings, lists and scalars in block or flow style, with anchors and aliases. Duplicate keys,
merge keys (`<<`), tags (`!name`) and a second document are refused, and so are files above 1 MiB, values nested more than 64
deep and more than 100,000 values (an alias counts as often as it is used). Truth values are `true` and `false` only. Text that
looks like a number or a truth value needs quotes.

Every problem of a file is reported at once, with its line and column. Unknown keys are problems.
)";

}  // namespace

std::string contract_json_schema() {
  Json schema{
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"title", "contract.yaml"},
      {"description", "The operational contract of a multi-tenant PostgreSQL system, as pgcontract executes it."},
      {"type", "object"}};
  add_children(schema, "", {});
  return schema.dump(2) + "\n";
}

std::string contract_reference_markdown() {
  std::string page(kIntroduction);
  page += fmt::format("\n## Keys at the top\n\n{}", kTableHead);
  for (const Field* field : fields_below(""))
    page += fmt::format("| `{}` | {} | {} | {} |\n", field->path, cell(in_words(*field)),
                        cell(default_in_words(*field, {})), cell(std::string(field->sentence)));
  for (const Field* field : fields_below("")) {
    if (fields_below(path_below(*field)).empty()) continue;
    page += fmt::format("\n## {}\n\n{}\n\n{}", field->path, field->sentence, kTableHead);
    add_rows(page, path_below(*field), "", field->exactly_one);
  }
  return page;
}

}  // namespace pgcontract::contract
