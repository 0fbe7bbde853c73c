#include "yaml/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace pgcontract::yaml {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

bool Node::is_null() const {
  return kind == Kind::Scalar && !quoted && is_one_of(text, {"", "~", "null", "Null", "NULL"});
}

bool Node::is_boolean() const {
  return kind == Kind::Scalar && !quoted && is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"});
}

bool Node::is_number() const {
  if (kind != Kind::Scalar || quoted || text.empty()) return false;
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return true;
  std::string_view digits = text;
  if (digits.starts_with("0x") || digits.starts_with("0o")) {
    std::uint64_t value = 0;
    const auto [stop, error] =
        std::from_chars(digits.data() + 2, digits.data() + digits.size(), value, digits[1] == 'x' ? 16 : 8);
    return stop != digits.data() + 2 && stop == digits.data() + digits.size();
  }
  if (digits.front() == '-' || digits.front() == '+') digits.remove_prefix(1);
  if (is_one_of(digits, {".inf", ".Inf", ".INF"})) return true;
  // from_chars would also take "inf" and "nan", which are text in YAML.
  if (digits.empty() || !(digits.front() == '.' || (digits.front() >= '0' && digits.front() <= '9'))) return false;
  double value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error != std::errc::invalid_argument && stop == digits.data() + digits.size();
}

const Node* Node::find(std::string_view key) const {
  const auto at = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.key == key; });
  return at == entries.end() ? nullptr : at->value;
}

std::string Document::where(Mark mark) const { return fmt::format("{}:{}:{}", file_name_, mark.line, mark.column); }

std::string Document::source_of(const Node& node) const {
  const std::string_view written = std::string_view(text_).substr(node.begin, node.end - node.begin);
  const auto indentation = static_cast<std::size_t>(std::max(node.mark.column - 1, 0));
  std::string source;
  bool first = true;
  for (std::size_t at = 0; at < written.size();) {
    const std::size_t line_end = std::min(written.find('\n', at), written.size() - 1);
    std::string_view line = written.substr(at, line_end + 1 - at);
    if (!first) line.remove_prefix(std::min({line.find_first_not_of(' '), indentation, line.size()}));
    source += line;
    first = false;
    at = line_end + 1;
  }
  return source;
}

std::string_view describe_kind(const Node& node) {
  if (node.kind == Node::Kind::Mapping) return "a mapping";
  if (node.kind == Node::Kind::Sequence) return "a list";
  if (node.is_null()) return "nothing";
  if (node.is_boolean()) return "true or false";
  return node.is_number() ? "a number" : "text";
}

}  // namespace pgcontract::yaml
