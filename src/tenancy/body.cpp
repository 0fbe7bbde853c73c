#include "tenancy/body.hpp"

#include <algorithm>
#include <cctype>

namespace pgcontract::tenancy {
namespace {

bool begins_word(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0; }
bool in_word(char c) { return begins_word(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$'; }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : text_(source) {}

  Body read() {
    while (at_ < text_.size()) step();
    return std::move(body_);
  }

 private:
  bool next_is(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  void skip_past(std::string_view end) {
    const auto found = text_.find(end, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
  }

  void step() {
    const char c = text_[at_];
    if (next_is("--")) return skip_past("\n");
    if (next_is("/*")) return skip_past("*/");
    if (c == '\'') return skip_string();
    if (c == '$' && (at_ == 0 || !in_word(text_[at_ - 1]))) return skip_dollar();
    if (c == '"' || begins_word(c)) return take_name();
    if (c == '.')
      qualifies_ = !body_.names.empty();
    else if (std::isspace(static_cast<unsigned char>(c)) == 0)
      qualifies_ = false;
    ++at_;
  }

  void skip_string() {
    qualifies_ = false;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '\'') continue;
      if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'')
        ++at_;
      else
        break;
    }
    ++at_;
  }

  void skip_dollar() {
    const auto end = text_.find('$', at_ + 1);
    const std::string_view tag = end == std::string_view::npos ? std::string_view{} : text_.substr(at_, end - at_ + 1);
    const bool quotes = !tag.empty() && std::ranges::all_of(tag.substr(1, tag.size() - 2), in_word) &&
                        (tag.size() == 2 || begins_word(tag[1]));
    if (!quotes) {
      ++at_;
      return;
    }
    at_ += tag.size();
    skip_past(tag);
  }

  void take_name() {
    std::string name;
    if (text_[at_] == '"') {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) name += text_[at_];
      ++at_;
    } else {
      for (; at_ < text_.size() && in_word(text_[at_]); ++at_)
        name += static_cast<char>(std::tolower(static_cast<unsigned char>(text_[at_])));
    }
    if (qualifies_ && body_.names.back().schema.empty())
      body_.names.back() = {body_.names.back().name, name};
    else
      body_.names.push_back({"", name});
    qualifies_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool qualifies_ = false;
  Body body_;
};

}  // namespace

bool Body::says(std::string_view word) const {
  return std::ranges::any_of(names, [&](const BodyName& each) {
    return each.name == word && (each.schema.empty() || each.schema == "pg_catalog");
  });
}

Body read_body(std::string_view source) { return Lexer(source).read(); }

}  // namespace pgcontract::tenancy
