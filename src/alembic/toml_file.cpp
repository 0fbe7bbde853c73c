#include "alembic/toml_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace pgcontract::alembic {
namespace {

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&](unsigned bits) { out += static_cast<char>(bits); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0U | code >> 6U);
  } else if (code < 0x10000) {
    byte(0xE0U | code >> 12U);
    byte(0x80U | (code >> 6U & 0x3FU));
  } else {
    byte(0xF0U | code >> 18U);
    byte(0x80U | (code >> 12U & 0x3FU));
    byte(0x80U | (code >> 6U & 0x3FU));
  }
  byte(0x80U | (code & 0x3FU));
}

class Scanner {
 public:
  Scanner(std::string_view text, std::string_view wanted, const std::string& shown)
      : text_(text), wanted_(wanted), shown_(shown) {}

  Result<TomlTable> run() {
    while (skip_space(true)) {
      if (peek() == '[') {
        header();
        continue;
      }
      const int line = line_;
      PGC_TRY(const std::string key, this->key('='));
      ++at_;
      PGC_TRY(TomlValue value, this->value());
      value.line = line;
      if (current_ == wanted_) out_.insert_or_assign(key, std::move(value));
    }
    return std::move(out_);
  }

 private:
  bool ends() const { return at_ >= text_.size(); }
  char peek() const { return ends() ? '\0' : text_[at_]; }
  bool at(std::string_view text) const { return text_.substr(at_).starts_with(text); }
  char take() {
    if (peek() == '\n') ++line_;
    return text_[at_++];
  }
  Failure broken(std::string_view what) const {
    return fail(ErrorCode::InvalidInput, fmt::format("not valid TOML: {}", what), "Correct the file.",
                fmt::format("{}:{}", shown_, line_));
  }

  // False at the end.
  bool skip_space(bool lines) {
    while (!ends()) {
      if (peek() == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (peek() == ' ' || peek() == '\t' || peek() == '\r' || (lines && peek() == '\n'))
        take();
      else
        return true;
    }
    return false;
  }

  void header() {
    const auto end = std::min(text_.find('\n', at_), text_.size());
    auto line = text_.substr(at_, end - at_);
    line = line.substr(0, line.find('#'));
    current_.clear();
    // [[list.of.tables]] is none of ours.
    if (!line.starts_with("[["))
      for (char c : line)
        if (c != '[' && c != ']' && c != ' ' && c != '\t' && c != '\r' && c != '"' && c != '\'') current_ += c;
    at_ = end;
  }

  Result<std::string> key(char end) {
    std::string out;
    while (!ends() && peek() != end) {
      if (peek() == '\n') return broken("a line is neither a table nor key = value");
      if (peek() == '"' || peek() == '\'') {
        PGC_TRY(const std::string part, string());
        out += part;
      } else if (const char c = take(); c != ' ' && c != '\t' && c != '\r') {
        out += c;
      }
    }
    if (ends() || out.empty()) return broken("a line is neither a table nor key = value");
    return out;
  }

  Result<TomlValue> value() {
    skip_space(false);
    TomlValue out;
    out.line = line_;
    if (peek() == '"' || peek() == '\'') {
      out.kind = TomlValue::Kind::Text;
      PGC_TRY(std::string text, string());
      out.texts.push_back(std::move(text));
    } else if (peek() == '[' || peek() == '{') {
      return several();
    } else {
      std::string word;
      while (!ends() && std::string_view(",]}#\n \t\r").find(peek()) == std::string_view::npos) word += take();
      if (word.empty()) return broken("a value is missing");
      if (word == "true" || word == "false") out.kind = TomlValue::Kind::Flag;
      out.flag = word == "true";
    }
    return out;
  }

  // An array, or an inline table, whose keys are read over.
  Result<TomlValue> several() {
    const char close = take() == '[' ? ']' : '}';
    TomlValue out;
    out.kind = close == ']' ? TomlValue::Kind::List : TomlValue::Kind::Other;
    while (true) {
      if (!skip_space(true)) return broken("a list or table is never closed");
      if (peek() == close) break;
      if (close == '}') {
        PGC_TRY([[maybe_unused]] const std::string key, this->key('='));
        ++at_;
      }
      PGC_TRY(TomlValue item, value());
      if (item.kind == TomlValue::Kind::Text)
        out.texts.push_back(std::move(item.texts.front()));
      else
        out.kind = TomlValue::Kind::Other;
      skip_space(true);
      if (peek() == ',')
        ++at_;
      else if (peek() != close)
        return broken("a comma is missing");
    }
    ++at_;
    return out;
  }

  Result<std::string> string() {
    const char quote = peek();
    const std::string three(3, quote);
    const bool multiline = at(three);
    at_ += multiline ? 3 : 1;
    if (multiline && at("\r")) ++at_;
    if (multiline && at("\n")) take();
    std::string out;
    while (!ends()) {
      if (multiline ? at(three) : peek() == quote) {
        at_ += multiline ? 3 : 1;
        while (multiline && peek() == quote) out += take();  // up to two quotes may stand before the three
        return out;
      }
      if (!multiline && peek() == '\n') break;
      if (quote == '"' && peek() == '\\')
        PGC_CHECK(escape(out, multiline));
      else
        out += take();
    }
    return broken("a string is never closed");
  }

  Result<void> escape(std::string& out, bool multiline) {
    ++at_;
    const char c = ends() ? '\0' : take();
    constexpr std::string_view kFrom = "btnfre\"\\", kTo = "\b\t\n\f\r\x1b\"\\";
    if (const auto known = kFrom.find(c); c != '\0' && known != std::string_view::npos) {
      out += kTo[known];
    } else if (c == 'u' || c == 'U') {
      const std::size_t digits = c == 'u' ? 4 : 8;
      unsigned code = 0;
      const auto hex = text_.substr(at_, digits);
      const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
      if (error != std::errc{} || end != hex.data() + digits || code > 0x10FFFF) return broken("a bad escape");
      append_utf8(out, code);
      at_ += digits;
    } else if (multiline && (c == '\n' || c == ' ' || c == '\t' || c == '\r')) {
      while (!ends() && std::string_view(" \t\r\n").find(peek()) != std::string_view::npos) take();
    } else {
      return broken("a bad escape");
    }
    return {};
  }

  std::string_view text_;
  std::string_view wanted_;
  const std::string& shown_;
  TomlTable out_;
  std::string current_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

Result<TomlTable> parse_toml_table(std::string_view text, std::string_view table, const std::string& shown) {
  return Scanner(text, table, shown).run();
}

}  // namespace pgcontract::alembic
