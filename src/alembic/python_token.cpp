#include "alembic/python_token.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

namespace pgcontract::alembic {
namespace {

using Kind = PythonToken::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Every byte of a non-ASCII character counts as a letter: Python allows most of them in names.
bool is_letter(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U), put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U), put(0x80U | (code >> 6U & 0x3FU)), put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | code >> 18U), put(0x80U | (code >> 12U & 0x3FU));
    put(0x80U | (code >> 6U & 0x3FU)), put(0x80U | (code & 0x3FU));
  }
}

// Up to `most` digits of `base` at the front of `rest`; advances it. Gives how many were there.
std::size_t take_digits(std::string_view& rest, std::size_t most, unsigned base, std::uint32_t& value) {
  std::size_t count = 0;
  for (value = 0; count < most && count < rest.size(); ++count) {
    const auto c = static_cast<unsigned char>(rest[count]);
    const unsigned digit = is_digit(rest[count]) ? c - '0' : std::isxdigit(c) ? (std::tolower(c) - 'a') + 10U : base;
    if (digit >= base) break;
    value = value * base + digit;
  }
  rest.remove_prefix(count);
  return count;
}

// One escape sequence after its backslash. False where it has no value here: \N{…}, or digits that are missing.
bool decode_escape(std::string_view& rest, std::string& out) {
  constexpr std::string_view kNames = "\\'\"abfnrtv";
  constexpr std::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
  const char c = rest.front();
  std::uint32_t code = 0;
  if (const auto known = kNames.find(c); known != std::string_view::npos) {
    rest.remove_prefix(1);
    out += kValues[known];
    return true;
  }
  if (c == '\n') {
    rest.remove_prefix(1);
    return true;
  }
  if (c >= '0' && c <= '7') {
    take_digits(rest, 3, 8, code);
    append_utf8(out, code);
    return true;
  }
  if (c == 'N') return false;
  const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits == 0) {
    out += '\\';  // an unknown escape stays as it is
    return true;
  }
  rest.remove_prefix(1);
  const bool complete = take_digits(rest, digits, 16, code) == digits;
  if (!complete || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
  append_utf8(out, code);
  return true;
}

class Lexer {
 public:
  Lexer(std::string_view source, bool with_bodies) : rest_(source), with_bodies_(with_bodies) {}

  Result<std::vector<PythonToken>> run() {
    tokens_.reserve(192);
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    while (!rest_.empty()) {
      if (auto step = next(); !step) return tl::unexpected(std::move(step).error());
    }
    end_line();
    // f-strings may hold any bracket: in a file with one, brackets prove nothing.
    if (!brackets_.empty() && !saw_f_string_) return broken("a bracket is never closed", bracket_line_);
    return std::move(tokens_);
  }

 private:
  static Failure broken(std::string message, int line) {
    return fail(ErrorCode::InvalidInput, std::move(message), "Correct the file until Python can read it.",
                fmt::format("{}", line));
  }

  Result<void> next() {
    if (skips() && !at_line_start_)
      if (const std::size_t plain = meaningless(); plain > 0) return skip(plain);
    const char c = rest_.front();
    if (c == '\n') return newline();
    if (c == ' ' || c == '\t' || c == '\f' || c == '\r') {
      if (at_line_start_) indented_ = c != '\f';
      at_line_start_ = false;
      return skip(std::min(std::max(rest_.find_first_not_of(' '), std::size_t{1}), rest_.size()));
    }
    if (c == '#') return skip(std::min(rest_.find('\n'), rest_.size()));
    if (c == '\\' && rest_.substr(1, 1) == "\n") {
      ++line_;
      at_line_start_ = false;
      return skip(2);
    }
    if (at_line_start_) indented_ = false;
    at_line_start_ = false;
    if (c == '"' || c == '\'') return string("");
    if (is_letter(c)) return name();
    if (is_digit(c)) return number();
    return punctuation(c);
  }

  // How much of a body's line is neither string, comment, bracket nor its end. A string's prefix belongs to the string.
  std::size_t meaningless() const {
    static constexpr auto kPlain = [] {
      std::array<bool, 256> plain{};
      plain.fill(true);
      for (const unsigned char c : {'"', '\'', '#', '\n', '\\', '(', ')', '[', ']', '{', '}', '\0'}) plain[c] = false;
      return plain;
    }();
    std::size_t end = 0;
    while (end < rest_.size() && kPlain[static_cast<unsigned char>(rest_[end])]) ++end;
    if (end < rest_.size() && (rest_[end] == '"' || rest_[end] == '\''))
      while (end > 0 && is_letter(rest_[end - 1])) --end;
    return end;
  }

  Result<void> skip(std::size_t count) {
    rest_.remove_prefix(count);
    return {};
  }

  Result<void> newline() {
    if (brackets_.empty()) {
      end_line();
      at_line_start_ = true;
      indented_ = false;
    }
    ++line_;
    return skip(1);
  }

  void end_line() {
    if (!tokens_.empty() && tokens_.back().kind != Kind::LineEnd) add(Kind::LineEnd, "");
  }

  void add(Kind kind, std::string text) { put({kind, std::move(text), line_, indented_}); }

  // The bodies of functions and classes bind nothing in the module, and are most of a revision file: they are read, for
  // strings and brackets, but not kept.
  void put(PythonToken token) {
    if (skips()) return;
    const bool first = tokens_.empty() || tokens_.back().kind == Kind::LineEnd;
    if (first && !indented_) in_body_ = token.is("def") || token.is("class") || token.is("async");
    tokens_.push_back(std::move(token));
  }
  bool skips() const { return in_body_ && indented_ && !with_bodies_; }

  Result<void> name() {
    std::size_t end = 1;
    while (end < rest_.size() && (is_letter(rest_[end]) || is_digit(rest_[end]))) ++end;
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (!rest_.empty() && (rest_.front() == '"' || rest_.front() == '\'') && word.size() <= 2 &&
        word.find_first_not_of("rRbBuUfFtT") == std::string_view::npos)
      return string(word);
    if (!skips()) add(Kind::Name, std::string(word));
    return {};
  }

  Result<void> number() {
    std::size_t end = 1;
    while (end < rest_.size() && (is_letter(rest_[end]) || is_digit(rest_[end]) || rest_[end] == '.')) ++end;
    if (!skips()) add(Kind::Number, std::string(rest_.substr(0, end)));
    return skip(end);
  }

  Result<void> punctuation(char c) {
    if (c == '\0') return broken("the file holds a null byte", line_);
    if (c == '(' || c == '[' || c == '{') {
      constexpr std::size_t kDeepest = 200;  // Python's own limit
      if (brackets_.size() >= kDeepest) return broken("brackets are nested more than 200 deep", line_);
      if (brackets_.empty()) bracket_line_ = line_;
      brackets_ += c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (c == ')' || c == ']' || c == '}') {
      const bool matches = !brackets_.empty() && brackets_.back() == c;
      if (!matches && !saw_f_string_) return broken(fmt::format("`{}` closes nothing", c), line_);
      if (matches) brackets_.pop_back();
    }
    const bool pair = rest_.substr(1, 1) == "=" && std::string_view("=!<>+-*/%&|^@:").find(c) != std::string_view::npos;
    if (!skips()) add(Kind::Operator, std::string(rest_.substr(0, pair ? 2 : 1)));
    return skip(pair ? 2 : 1);
  }

  Result<void> string(std::string_view prefix) {
    const auto has = [&](std::string_view letters) { return prefix.find_first_of(letters) != std::string_view::npos; };
    const bool raw = has("rR");
    const bool formatted = has("fFtT");
    saw_f_string_ = saw_f_string_ || formatted;
    bool known = !formatted && !has("bB");
    const char quote = rest_.front();
    const bool triple = rest_.size() > 2 && rest_[1] == quote && rest_[2] == quote;
    const int first_line = line_;
    rest_.remove_prefix(triple ? 3 : 1);
    std::string value;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == quote && (!triple || (rest_.size() > 2 && rest_[1] == quote && rest_[2] == quote))) {
        rest_.remove_prefix(triple ? 3 : 1);
        if (!skips()) put({known ? Kind::Text : Kind::OtherString, std::move(value), first_line, indented_});
        return {};
      }
      if (c == '\n' && !triple) break;
      if (c == '\n') ++line_;
      if (c != '\\' || rest_.size() == 1) {  // up to what may mean something else
        const auto end = rest_.find_first_of(quote == '"' ? "\"\\\n" : "'\\\n", 1);
        if (!skips()) value += rest_.substr(0, end);
        rest_.remove_prefix(std::min(end, rest_.size()));
        continue;
      }
      rest_.remove_prefix(1);
      if (rest_.front() == '\n') ++line_;
      if (raw || formatted) {
        value += c;
        value += rest_.front();
        rest_.remove_prefix(1);
      } else {
        known = decode_escape(rest_, value) && known;
      }
    }
    // Quotes of an f-string's own expressions may nest since Python 3.12: what follows on the line tells nothing.
    if (saw_f_string_ && !triple) return {};
    return broken("a string is never closed", first_line);
  }

  std::string_view rest_;
  bool with_bodies_;
  std::vector<PythonToken> tokens_;
  std::string brackets_;  // the closing ones that are awaited
  int bracket_line_ = 0;
  int line_ = 1;
  bool at_line_start_ = true;
  bool indented_ = false;
  bool in_body_ = false;
  bool saw_f_string_ = false;
};

}  // namespace

Result<std::vector<PythonToken>> tokenize_python(std::string_view source, bool with_bodies) {
  if (source.find('\r') == std::string_view::npos) return Lexer(source, with_bodies).run();
  std::string unified;  // Python reads \r\n and \r as \n, inside strings too
  unified.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r')
      unified += source[i];
    else if (i + 1 >= source.size() || source[i + 1] != '\n')
      unified += '\n';
  }
  return Lexer(unified, with_bodies).run();
}

}  // namespace pgcontract::alembic
