#include "tenancy/body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace pgcontract::tenancy {
namespace {

bool begins_word(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0; }
bool in_word(char c) { return begins_word(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$'; }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : text_(source) {}

  Body read() {
    while (at_ < text_.size()) step();
    return std::move(body_);
  }

 private:
  bool next_is(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void step() {
    const char c = text_[at_];
    if (next_is("--")) {
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
      return;
    }
    if (next_is("/*")) return skip_comment();
    if (c == '\'') return take_string();
    if (c == '$') return take_dollar();
    if (c == '"' || begins_word(c)) return take_name();
    if (c == '.')
      qualifies_ = !body_.names.empty();
    else if (std::isspace(static_cast<unsigned char>(c)) == 0)
      qualifies_ = false;
    ++at_;
  }

  // They nest.
  void skip_comment() {
    int depth = 0;
    do {
      const int by = next_is("/*") ? 1 : next_is("*/") ? -1 : 0;
      depth += by;
      at_ += by == 0 ? 1 : 2;
    } while (depth > 0 && at_ < text_.size());
  }

  // After E a backslash escapes. Elsewhere standard_conforming_strings says so, which the caller sets: that matters
  // where it would escape a quote.
  void take_string() {
    const bool escapes = at_ > 0 && lower(text_[at_ - 1]) == 'e' && word_end_ == at_ && body_.names.back().name == "e";
    const std::size_t start = ++at_;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        body_.ambiguous = body_.ambiguous || (!escapes && text_[at_ + 1] == '\'');
        at_ += escapes || text_[at_ + 1] == '\\';
      } else if (text_[at_] == '\'') {
        if (at_ + 1 == text_.size() || text_[at_ + 1] != '\'') break;
        ++at_;
      }
    }
    at_ = std::min(at_, text_.size());
    add_string(text_.substr(start, at_ - start));
    ++at_;
  }

  void add_string(std::string_view content) {
    qualifies_ = false;
    body_.strings.emplace_back(content);
    body_.names.push_back({"", "'"});
  }

  void take_dollar() {
    const auto end = text_.find('$', at_ + 1);
    const std::string_view tag = end == std::string_view::npos ? std::string_view{} : text_.substr(at_, end - at_ + 1);
    const bool quotes = !tag.empty() && std::ranges::all_of(tag.substr(1, tag.size() - 2), in_word) &&
                        (tag.size() == 2 || begins_word(tag[1]));
    if (!quotes) {
      ++at_;
      return;
    }
    at_ += tag.size();
    const auto close = std::min(text_.find(tag, at_), text_.size());
    add_string(text_.substr(at_, close - at_));
    at_ = close + tag.size();
  }

  void take_name() {
    std::string name;
    if (text_[at_] == '"') {
      // U&"…" spells a name by numbers.
      body_.ambiguous = body_.ambiguous || (at_ > 1 && text_[at_ - 1] == '&' && lower(text_[at_ - 2]) == 'u');
      for (++at_; at_ < text_.size(); ++at_) {
        if (text_[at_] == '"' && text_.substr(at_ + 1).starts_with('"'))
          ++at_;
        else if (text_[at_] == '"')
          break;
        name += text_[at_];
      }
      ++at_;
    } else {
      for (; at_ < text_.size() && in_word(text_[at_]); ++at_) name += lower(text_[at_]);
    }
    word_end_ = at_;
    if (qualifies_)  // of a.b.c the last two: the first is the database
      body_.names.back() = {body_.names.back().name, name};
    else
      body_.names.push_back({"", name});
    qualifies_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t word_end_ = 0;
  bool qualifies_ = false;
  Body body_;
};

// Functions that run SQL that is not in the body …
constexpr std::string_view kBuildsSql[] = {"query_to_xml*",  "table_to_xml*", "schema_to_xml*", "database_to_xml*",
                                           "cursor_to_xml*", "dblink*",       "crosstab*",      "connectby",
                                           "xpath_table",    "ts_stat",       "ts_rewrite"};
// … and commands that do, change what policies, grants and names are, or step past them.
constexpr std::string_view kCommands[] = {"execute", "alter",   "create",   "drop",  "grant",       "revoke",
                                          "copy",    "refresh", "reassign", "reset", "search_path", "truncate"};

// Only a setting with a point in its name, as extensions and applications have them, changes nothing of the server's.
bool sets_servers_own(std::string_view source) {
  constexpr std::string_view kCall = "set_config";
  std::string text;
  for (const char c : source)
    if (std::isspace(static_cast<unsigned char>(c)) == 0) text += lower(c);
  for (auto at = text.find(kCall); at != std::string::npos; at = text.find(kCall, at + 1)) {
    const std::string_view rest = std::string_view(text).substr(at + kCall.size());
    if (!rest.starts_with("('")) return true;
    const std::string_view name = rest.substr(2, rest.find('\'', 2) - 2);
    if (name.find('.') == std::string_view::npos || !rest.substr(2 + name.size()).starts_with("',")) return true;
  }
  return false;
}

}  // namespace

bool Body::says(std::string_view word) const {
  const bool beginning = word.ends_with('*');
  if (beginning) word.remove_suffix(1);
  return std::ranges::any_of(
      names, [&](const BodyName& each) { return beginning ? each.name.starts_with(word) : each.name == word; });
}

Body read_body(std::string_view source) { return Lexer(source).read(); }

std::string why_open(const Body& body, std::string_view source) {
  if (body.ambiguous) return "what in its body is code depends on settings and escapes";
  for (const auto word : kBuildsSql)
    if (body.says(word)) return fmt::format("its body builds SQL ({})", word);
  for (const auto word : kCommands)
    if (std::ranges::any_of(body.names, [&](const BodyName& each) { return each.schema.empty() && each.name == word; }))
      return fmt::format("its body {} ({})", word == "execute" ? "builds SQL" : "changes what holds for it", word);
  for (std::size_t i = 0; i < body.names.size(); ++i) {  // DO runs a string; ON CONFLICT DO does not
    const std::string_view next = i + 1 < body.names.size() ? std::string_view(body.names[i + 1].name) : "";
    if (body.names[i].schema.empty() && body.names[i].name == "do" && next != "update" && next != "nothing")
      return "its body builds SQL (do)";
  }
  if (body.says("pg_settings") && body.says("update")) return "its body changes settings (pg_settings)";
  if (body.says("set_config") && sets_servers_own(source)) return "its body changes settings (set_config)";
  return {};
}

}  // namespace pgcontract::tenancy
