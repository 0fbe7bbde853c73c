#include "compare/schema/temporal.hpp"

#include <algorithm>

namespace pgcontract::compare {
namespace {

constexpr std::string_view kInstant = "timestamp with time zone";
constexpr std::string_view kLocal = "timestamp without time zone";

struct Temporal {
  std::string_view type;
  std::string_view element;  // of ranges; else the type
};
constexpr Temporal kTemporal[] = {
    {kInstant, kInstant},
    {kLocal, kLocal},
    {"time with time zone", "time with time zone"},
    {"time without time zone", "time without time zone"},
    {"tstzrange", kInstant},
    {"tstzmultirange", kInstant},
    {"tsrange", kLocal},
    {"tsmultirange", kLocal},
};

const Temporal* find(std::string_view type) {
  const auto at = std::ranges::find(kTemporal, type, &Temporal::type);
  return at == std::end(kTemporal) ? nullptr : at;
}

}  // namespace

std::string plain_type(std::string_view type_name) {
  while (type_name.ends_with("[]")) type_name.remove_suffix(2);
  std::string plain(type_name);
  // Only the built-in types have their precision in the middle; a name in quotes is the user's and stays as it is.
  if (const auto open = plain.find('('); open != std::string::npos && plain.front() != '"')
    if (const auto close = plain.find(')', open); close != std::string::npos) plain.erase(open, close - open + 1);
  if (plain == "timestamptz") return std::string(kInstant);
  if (plain == "timestamp") return std::string(kLocal);
  return plain;
}

std::string base_type(const Column& column) {
  return plain_type(column.base_type_name.empty() ? column.type_name : column.base_type_name);
}

bool is_direct(const Column& column) {
  return !column.type_name.ends_with("[]") && plain_type(column.type_name) == base_type(column);
}

bool is_temporal(std::string_view plain_type) { return find(plain_type) != nullptr; }

bool agrees_with(std::string_view plain_type, std::string_view wanted) {
  const Temporal* temporal = find(plain_type);
  return temporal && temporal->element == wanted;
}

}  // namespace pgcontract::compare
