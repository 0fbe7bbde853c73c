#pragma once
// The words of which the published JSON Schema is made: json_schema.cpp, and the parts that stand beside their writer.
// Pure; any thread.

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace pgcontract::report::schema {

using Json = nlohmann::ordered_json;
using Fields = std::initializer_list<std::pair<std::string, Json>>;

inline Json type(std::string_view name) { return {{"type", name}}; }
inline Json text() { return type("string"); }
inline Json text_or_null() { return {{"type", {"string", "null"}}}; }
inline Json whole() { return {{"type", "integer"}, {"minimum", 0}}; }
inline Json seconds() { return {{"type", "number"}, {"minimum", 0}}; }
inline Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
inline Json defined(std::string_view name) { return {{"$ref", "#/$defs/" + std::string(name)}}; }
inline Json or_null(Json schema) { return {{"anyOf", Json::array({std::move(schema), type("null")})}}; }
inline Json one_of(std::initializer_list<std::string_view> words) { return {{"enum", words}}; }

inline Json about(std::string_view description, Json schema) {
  schema["description"] = description;
  return schema;
}

// Every field is required and no other is allowed: what is nothing is null.
inline Json record(Fields fields) {
  Json schema = {{"type", "object"}, {"properties", Json::object()}, {"required", Json::array()}};
  for (const auto& [name, field] : fields) {
    schema["properties"][name] = field;
    schema["required"].push_back(name);
  }
  schema["additionalProperties"] = false;
  return schema;
}

}  // namespace pgcontract::report::schema
