#include "backup/relation_name.hpp"

#include <algorithm>
#include <charconv>

namespace pgcontract::backup {
namespace {

// The digits at the beginning, which are taken off.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return c < '0' || c > '9'; });
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

}  // namespace

std::optional<RelationName> relation_name(std::string_view text) {
  RelationName name;
  if (text.starts_with('t')) {
    text.remove_prefix(1);
    if (take_digits(text).empty() || !text.starts_with('_')) return std::nullopt;
    text.remove_prefix(1);
    name.temporary = true;
  }
  name.node = take_digits(text);
  if (name.node.empty()) return std::nullopt;
  if (text.starts_with('_')) {
    const std::size_t end = std::min(text.find('.'), text.size());
    name.fork = text.substr(1, end - 1);
    if (name.fork != "fsm" && name.fork != "vm" && name.fork != "init") return std::nullopt;
    text.remove_prefix(end);
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::string_view digits = take_digits(text);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), name.segment);
    if (problem != std::errc() || end != digits.data() + digits.size() || name.segment > 32'767) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return name;
}

}  // namespace pgcontract::backup
