#include "record/sql_token.hpp"

#include <algorithm>
#include <cctype>

namespace pgcontract::record {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_word(char c) {
  return c == '_' || std::isalpha(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}
bool in_word(char c) { return begins_word(c) || is_digit(c) || c == '$'; }

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  std::vector<Token> run() {
    while (at_ < sql_.size() && next()) {
    }
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  bool add(Token::Kind kind, std::size_t end, std::string text) {
    tokens_.push_back({kind, std::move(text), sql_.substr(at_, end - at_)});
    at_ = end;
    return true;
  }
  bool add(Token::Kind kind, std::size_t end) { return add(kind, end, std::string(sql_.substr(at_, end - at_))); }

  bool next() {
    const char c = peek();
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at_;
      return true;
    }
    if (c == '-' && peek(1) == '-') {
      at_ = std::min(sql_.find('\n', at_), sql_.size());
      return true;
    }
    if (c == '/' && peek(1) == '*') return comment();
    if (c == '\'') return string(at_, false);
    if (c == '"') return quoted();
    if (c == '$') return dollar();
    if (begins_word(c)) return word();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      auto end = at_;
      while (end < sql_.size() && (in_word(sql_[end]) || sql_[end] == '.')) ++end;
      return add(Token::Kind::Number, end);
    }
    return add(Token::Kind::Symbol, at_ + 1);
  }

  bool comment() {
    int depth = 0;
    do {
      if (at_ >= sql_.size()) return false;
      const bool opens = peek() == '/' && peek(1) == '*';
      const bool closes = peek() == '*' && peek(1) == '/';
      depth += opens ? 1 : closes ? -1 : 0;
      at_ += opens || closes ? 2 : 1;
    } while (depth > 0);
    return true;
  }

  // `quote` is where the opening quote stands, behind a prefix such as E.
  bool string(std::size_t quote, bool escapes) {
    auto end = quote + 1;
    while (end < sql_.size()) {
      if (escapes && sql_[end] == '\\') {
        end += 2;
      } else if (sql_[end] != '\'') {
        ++end;
      } else if (end + 1 < sql_.size() && sql_[end + 1] == '\'') {
        end += 2;
      } else {
        return add(Token::Kind::String, end + 1);
      }
    }
    return false;
  }

  bool quoted() {
    std::string name;
    for (auto end = at_ + 1; end < sql_.size(); ++end) {
      if (sql_[end] == '"' && (end + 1 >= sql_.size() || sql_[end + 1] != '"'))
        return add(Token::Kind::Quoted, end + 1, std::move(name));
      if (sql_[end] == '"') ++end;
      name += sql_[end];
    }
    return false;
  }

  bool dollar() {
    auto end = at_ + 1;
    if (is_digit(peek(1))) {
      while (end < sql_.size() && is_digit(sql_[end])) ++end;
      return add(Token::Kind::Parameter, end);
    }
    while (end < sql_.size() && sql_[end] != '$' && in_word(sql_[end])) ++end;
    if (end >= sql_.size() || sql_[end] != '$') return add(Token::Kind::Symbol, at_ + 1);
    const auto tag = sql_.substr(at_, end + 1 - at_);
    const auto close = sql_.find(tag, end + 1);
    return close != kNone && add(Token::Kind::String, close + tag.size());
  }

  bool word() {
    auto end = at_;
    while (end < sql_.size() && in_word(sql_[end])) ++end;
    std::string text(sql_.substr(at_, end - at_));
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool prefix = text == "e" || text == "b" || text == "x" || text == "n";
    if (prefix && end < sql_.size() && sql_[end] == '\'') return string(end, text == "e");
    return add(Token::Kind::Word, end, std::move(text));
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> sql_tokens(std::string_view sql) { return Scanner(sql).run(); }

}  // namespace pgcontract::record
