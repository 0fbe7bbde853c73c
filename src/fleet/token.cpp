#include "fleet/token.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace pgcontract::fleet {
namespace {

// Words between a statement's verb and the name of what it is about.
constexpr std::array<std::string_view, 37> kNoise = {
    "table",    "index",        "view",   "materialized", "sequence",  "type",      "function",  "procedure",
    "routine",  "aggregate",    "domain", "unlogged",     "temp",      "temporary", "local",     "global",
    "unique",   "concurrently", "if",     "not",          "exists",    "only",      "or",        "replace",
    "foreign",  "recursive",    "on",     "into",         "from",      "column",    "collation", "conversion",
    "operator", "statistics",   "text",   "search",       "constraint"};
constexpr std::array<std::string_view, 9> kVerbs = {"alter",  "create", "drop",    "truncate", "insert",
                                                    "update", "delete", "comment", "merge"};
// Named by themselves and by the table they are on.
constexpr std::array<std::string_view, 4> kOnTable = {"index", "trigger", "policy", "rule"};

bool is_name_byte(unsigned char byte) { return std::isalnum(byte) != 0 || byte == '_' || byte == '$' || byte >= 0x80; }

class Scanner {
 public:
  Scanner(std::string_view sql, std::size_t most) : sql_(sql), most_(most) {}

  std::vector<Token> run() {
    while (at_ < sql_.size() && out_.size() < most_) {
      const char c = sql_[at_];
      if (sql_.substr(at_, 2) == "--") {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (sql_.substr(at_, 2) == "/*") {
        const auto end = sql_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? sql_.size() : end + 2;
      } else if (c == '"') {
        quoted_name();
      } else if (c == '\'') {
        const auto end = sql_.find('\'', at_ + 1);
        at_ = end == std::string_view::npos ? sql_.size() : end + 1;
      } else if (is_name_byte(static_cast<unsigned char>(c))) {
        word();
      } else {
        dot_ = c == '.' || (dot_ && std::isspace(static_cast<unsigned char>(c)) != 0);
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  void add(Token token) {
    token.dotted = std::exchange(dot_, false);
    out_.push_back(std::move(token));
  }
  void quoted_name() {
    Token token{"", true, false};
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] == '"' && sql_.substr(at_, 2) != "\"\"") break;
      if (sql_[at_] == '"') ++at_;
      token.text += sql_[at_];
    }
    ++at_;
    add(std::move(token));
  }
  void word() {
    Token token;
    for (; at_ < sql_.size() && is_name_byte(static_cast<unsigned char>(sql_[at_])); ++at_)
      token.text += static_cast<char>(std::tolower(static_cast<unsigned char>(sql_[at_])));
    add(std::move(token));
  }

  std::string_view sql_;
  std::size_t most_;
  std::size_t at_ = 0;
  bool dot_ = false;
  std::vector<Token> out_;
};

bool among(const auto& words, const Token& token) {
  return !token.quoted && !token.dotted && std::ranges::find(words, token.text) != words.end();
}

}  // namespace

std::vector<Token> head(std::string_view sql, std::size_t most) { return Scanner(sql, most).run(); }

Target target_of(std::string_view sql) {
  const auto tokens = head(sql);
  if (tokens.empty() || !among(kVerbs, tokens[0])) return {};
  Target target;
  std::size_t at = 1;
  const bool column = tokens[0].is("comment") && tokens.size() > 2 && tokens[2].is("column");
  while (at < tokens.size() && among(kNoise, tokens[at])) ++at;
  const auto& kind = tokens[std::min(at, tokens.size() - 1)];
  const bool schema = kind.is("schema");
  if (schema && !tokens[0].is("comment")) {
    for (++at; at < tokens.size() && among(kNoise, tokens[at]);) ++at;
    if (at < tokens.size()) target = {tokens[0].text, "", tokens[at].text, true};
    return target;
  }
  // CREATE INDEX … ON table, DROP TRIGGER … ON table; a dropped index is named itself.
  const bool index = std::ranges::any_of(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(at),
                                         [](const Token& token) { return token.is("index"); });
  if (among(kOnTable, kind) || (index && tokens[0].is("create"))) {
    for (at = 1; at < tokens.size() && !tokens[at].is("on");) ++at;
    while (at < tokens.size() && among(kNoise, tokens[at])) ++at;
  }
  if (at >= tokens.size()) return {};
  std::size_t parts = 1;
  while (at + parts < tokens.size() && tokens[at + parts].dotted) ++parts;
  const bool qualified = parts >= (column ? 3U : 2U);
  target.verb = tokens[0].text;
  if (qualified) target.schema = tokens[at].text;
  target.name = tokens[at + (qualified ? 1 : 0)].text;
  return target;
}

}  // namespace pgcontract::fleet
