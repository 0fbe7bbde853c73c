#pragma once
// How this folder reads the JSON of a bucket: leniently in what Go's reader lets pass (unknown keys, another case of
// letters, null for nothing), strictly in types. Inner header of walg/; pure; any thread.

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "store/digest.hpp"

namespace pgcontract::walg {

using Json = nlohmann::ordered_json;

Failure malformed(std::string_view what, const std::string& where);
Result<Json> parsed(std::string_view text, const std::string& where);  // an object
std::string printed(const Json& json);                                 // one line; bytes that are no UTF-8 are replaced
bool same_word(std::string_view left, std::string_view right);         // whatever the case of ASCII letters
// The value of `key`: in exactly this spelling, else in any; null where there is none, or it is JSON's null.
const Json* find(const Json& object, std::string_view key);
Result<std::string> text_at(const Json& object, std::string_view key, const std::string& where);  // "" of none
Result<bool> flag_at(const Json& object, std::string_view key, const std::string& where);
bool is_utf8(std::string_view text);
std::string from_hex(std::string_view digits);  // empty: not hexadecimal

template <typename Number>
Result<Number> number_at(const Json& object, std::string_view key, const std::string& where) {  // 0 of none
  const Json* value = find(object, key);
  if (!value) return Number{0};
  if (!value->is_number_unsigned() || value->get<std::uint64_t>() > std::numeric_limits<Number>::max())
    return malformed(fmt::format("{} is no number of its kind", key), where);
  return static_cast<Number>(value->get<std::uint64_t>());
}

}  // namespace pgcontract::walg
