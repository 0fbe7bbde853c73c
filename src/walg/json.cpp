#include "walg/json.hpp"

#include <algorithm>
#include <charconv>

namespace pgcontract::walg {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr int kDeepest = 32;  // a hostile document could nest until the parser's own destructor runs out of stack

}  // namespace

Failure malformed(std::string_view what, const std::string& where) {
  return fail(ErrorCode::InvalidInput, std::string(what), "The object was damaged, or is none of wal-g's.", where);
}

Result<Json> parsed(std::string_view text, const std::string& where) {
  bool deep = false;
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    deep = deep || depth > kDeepest;
    return !deep;
  };
  Json json = Json::parse(text, shallow, /*allow_exceptions=*/false);
  if (deep || json.is_discarded() || !json.is_object()) return malformed("no JSON object", where);
  return json;
}

std::string printed(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool same_word(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

const Json* find(const Json& object, std::string_view key) {
  auto at = object.find(key);
  if (at == object.end())
    for (auto each = object.begin(); each != object.end(); ++each)
      if (same_word(each.key(), key)) at = each;
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

Result<std::string> text_at(const Json& object, std::string_view key, const std::string& where) {
  const Json* value = find(object, key);
  if (!value) return std::string();
  if (!value->is_string()) return malformed(fmt::format("{} is no text", key), where);
  return value->get<std::string>();
}

Result<bool> flag_at(const Json& object, std::string_view key, const std::string& where) {
  const Json* value = find(object, key);
  if (!value) return false;
  if (!value->is_boolean()) return malformed(fmt::format("{} is neither true nor false", key), where);
  return value->get<bool>();
}

bool is_utf8(std::string_view text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned value = 0;
    const auto [end, problem] = std::from_chars(digits.data() + i, digits.data() + i + 2, value, 16);
    if (problem != std::errc() || end != digits.data() + i + 2) return {};
    bytes += static_cast<char>(value);
  }
  return digits.size() % 2 == 0 ? bytes : std::string();
}

}  // namespace pgcontract::walg
