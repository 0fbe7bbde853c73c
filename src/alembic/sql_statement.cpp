#include "alembic/sql_statement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace pgcontract::alembic {
namespace {

constexpr std::string_view kSpace = " \t\n\r\f\v";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

class Splitter {
 public:
  explicit Splitter(std::string_view sql) : sql_(sql) {}

  Result<SqlScript> run() {
    while (at_ < sql_.size()) {
      if (auto step = next(); !step) return tl::unexpected(std::move(step).error());
    }
    if (has_tokens_)
      return broken("the last statement has no semicolon", line_of(token_), "Render the script again: it was cut off.");
    script_.last_markers = std::move(markers_);
    return std::move(script_);
  }

 private:
  // Lines are counted only where one is asked for; the offsets asked for only grow.
  int line_of(std::size_t offset) {
    const auto begin = sql_.begin() + static_cast<std::ptrdiff_t>(std::min(counted_, offset));
    line_ += static_cast<int>(std::count(begin, sql_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
    counted_ = std::max(counted_, offset);
    return line_;
  }

  static Failure broken(std::string message, int line, std::string hint) {
    return fail(ErrorCode::Unsupported, std::move(message), std::move(hint), fmt::format("rendered sql:{}", line));
  }
  Failure unended(std::string_view what, std::size_t begin) {
    return broken(fmt::format("{} is never closed", what), line_of(begin), "Correct the revision that writes it.");
  }

  char peek(std::size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  void token() {
    if (!has_tokens_) token_ = at_;
    has_tokens_ = true;
  }

  Result<void> next() {
    const char c = peek();
    if (kSpace.find(c) != std::string_view::npos) {
      ++at_;
      return {};
    }
    if (c == '-' && peek(1) == '-') return line_comment();
    if (c == '/' && peek(1) == '*') return block_comment();
    if (c == ';' && parentheses_ == 0 && begins_ == 0) return end_statement();
    if (c == '\0') return broken("the script holds a null byte", line_of(at_), "Correct the revision that writes it.");
    if (c == '\\')
      return broken("the script holds a backslash command of psql", line_of(at_),
                    "Write the revision in SQL: only psql understands backslash commands.");
    token();
    if (c == '\'') return string(at_, false);
    if (c == '"') return quoted_identifier();
    if (c == '$') return dollar();
    if (is_letter(c)) return word();
    if (c == '(') ++parentheses_;
    if (c == ')' && parentheses_ > 0) --parentheses_;
    ++at_;
    return {};
  }

  Result<void> line_comment() {
    const auto begin = at_;
    at_ = std::min(sql_.find('\n', at_), sql_.size());
    auto text = sql_.substr(begin, at_ - begin);
    if (text.ends_with('\r')) text.remove_suffix(1);
    // Alembic writes a semicolon and an empty line behind every statement it is given, also behind one that ends in a
    // comment: psql would then read on into the next statement.
    if (has_tokens_ && parentheses_ == 0 && begins_ == 0 && text.ends_with(';') && blank_line_follows())
      return broken("a statement ends in a comment that hides its semicolon", line_of(begin),
                    "Move the comment in front of the statement, in the revision that writes it.");
    const bool own_line = begin == 0 || sql_[begin - 1] == '\n';
    if (!has_tokens_ && own_line && text.starts_with("-- Running ") && blank_line_follows()) {
      markers_.push_back(text);
      begin_ = at_;
    }
    return {};
  }

  bool blank_line_follows() const {
    auto rest = sql_.substr(at_);
    for (int ends = 0; ends < 2; ++ends) {
      if (rest.starts_with('\r')) rest.remove_prefix(1);
      if (!rest.starts_with('\n')) return rest.empty() && ends > 0;
      rest.remove_prefix(1);
    }
    return true;
  }

  Result<void> block_comment() {
    const auto begin = at_;
    int depth = 0;
    do {
      if (at_ >= sql_.size()) return unended("a comment", begin);
      if (peek() == '/' && peek(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (peek() == '*' && peek(1) == '/') {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0);
    return {};
  }

  // at_ stands on the opening quote. '' inside reads as the end of one string and the begin of the next: the same cut.
  Result<void> string(std::size_t begin, bool escapes) {
    do {
      for (++at_; at_ < sql_.size() && peek() != '\''; ++at_)
        if (escapes && peek() == '\\') ++at_;
      if (at_ >= sql_.size()) return unended("a string", begin);
      ++at_;
      // An E'' string goes on, with its escapes, after '' and after a line break before the next quote.
    } while (escapes && (peek() == '\'' || continues()));
    return {};
  }

  // Only white space with a line break, and line comments after that, lie between here and another quote: SQL joins
  // the two. Moves there.
  bool continues() {
    auto at = at_;
    bool line_break = false;
    while (at < sql_.size() && sql_[at] != '\'') {
      if (line_break && sql_.substr(at, 2) == "--") {
        at = std::min(sql_.find('\n', at), sql_.size());
      } else if (kSpace.find(sql_[at]) != std::string_view::npos) {
        line_break = line_break || sql_[at] == '\n';
        ++at;
      } else {
        return false;
      }
    }
    if (!line_break || at >= sql_.size()) return false;
    at_ = at;
    return true;
  }

  Result<void> quoted_identifier() {
    const auto end = sql_.find('"', at_ + 1);
    if (end == std::string_view::npos) return unended("a quoted name", at_);
    at_ = end + 1;
    return {};
  }

  // $tag$ … $tag$; anything else with a dollar is a parameter.
  Result<void> dollar() {
    auto end = at_ + 1;
    if (end < sql_.size() && is_letter(sql_[end]))
      while (end < sql_.size() && (is_letter(sql_[end]) || is_digit(sql_[end]))) ++end;
    if (end >= sql_.size() || sql_[end] != '$') {
      ++at_;
      return {};
    }
    const auto tag = sql_.substr(at_, end + 1 - at_);
    const auto close = sql_.find(tag, end + 1);
    if (close == std::string_view::npos) return unended(fmt::format("the dollar quote {}", tag), at_);
    at_ = close + tag.size();
    return {};
  }

  Result<void> word() {
    const auto begin = at_;
    while (at_ < sql_.size() && (is_letter(peek()) || is_digit(peek()) || peek() == '$')) ++at_;
    const auto text = sql_.substr(begin, at_ - begin);
    if (peek() == '\'') return string(begin, text == "e" || text == "E");
    if (parentheses_ > 0) return {};
    std::string lower(text);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    count_begins(lower);
    if (words_.size() < kSqlWords) words_.push_back(std::move(lower));
    return {};
  }

  // psql's rule for CREATE FUNCTION … BEGIN ATOMIC … END: inside it, CASE has an END too.
  void count_begins(const std::string& word) {
    const auto word_at = [&](std::size_t i) { return i < words_.size() ? std::string_view(words_[i]) : ""; };
    const auto kind = word_at(1) == "or" && word_at(2) == "replace" ? word_at(3) : word_at(1);
    if (word_at(0) != "create" || (kind != "function" && kind != "procedure")) return;
    if (word == "begin" || (word == "case" && begins_ > 0)) ++begins_;
    if (word == "end" && begins_ > 0) --begins_;
  }

  bool copies_through_client() const {
    if (words_.empty() || words_[0] != "copy") return false;
    for (std::size_t i = 2; i < words_.size(); ++i)
      if ((words_[i] == "stdin" && words_[i - 1] == "from") || (words_[i] == "stdout" && words_[i - 1] == "to"))
        return true;
    return false;
  }

  Result<void> end_statement() {
    if (copies_through_client())  // at once: the rows that follow are not SQL
      return broken("COPY through the client cannot be applied from a script", line_of(token_),
                    "Insert the rows with INSERT … VALUES, or let Alembic run this revision itself.");
    if (has_tokens_) {
      const auto first = sql_.find_first_not_of(kSpace, begin_);
      auto text = sql_.substr(first, at_ - first);
      text = text.substr(0, text.find_last_not_of(kSpace) + 1);
      script_.statements.push_back({text, std::exchange(words_, {}), std::exchange(markers_, {}), line_of(token_)});
    }
    has_tokens_ = false;
    begin_ = ++at_;
    return {};
  }

  std::string_view sql_;
  SqlScript script_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;    // of what belongs to this statement
  std::size_t token_ = 0;    // the statement's first token
  bool has_tokens_ = false;  // something other than comments since begin_
  int parentheses_ = 0;
  int begins_ = 0;  // BEGIN ATOMIC and CASE that wait for their END
  std::vector<std::string> words_;
  std::vector<std::string_view> markers_;
  std::size_t counted_ = 0;
  int line_ = 1;
};

}  // namespace

Result<SqlScript> split_sql(std::string_view sql) { return Splitter(sql).run(); }

}  // namespace pgcontract::alembic
