#pragma once
// One SQL statement as tokens, as PostgreSQL's scanner (scan.l) would cut it, without comments: enough to say which
// relations a query names and which functions it calls. Views point into the text. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::record {

struct Token {
  enum class Kind { Word, Quoted, String, Number, Parameter, Symbol };
  Kind kind = Kind::Symbol;
  std::string text;        // Word in lower case; Quoted without its quotes; String as it stands, quotes and all
  std::string_view whole;  // in the statement
  bool is(std::string_view word) const { return kind == Kind::Word && text == word; }
  bool is_symbol(char c) const { return kind == Kind::Symbol && text.size() == 1 && text[0] == c; }
  bool is_name() const { return kind == Kind::Word || kind == Kind::Quoted; }
};

// A text that ends within a string or a comment gives the tokens before it.
std::vector<Token> sql_tokens(std::string_view sql);

}  // namespace pgcontract::record
