#pragma once
// The first words of a SQL statement, enough to say what it is about: its verb, what kind of object, and which one.
// Not a parser: what it does not understand it leaves empty. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::fleet {

struct Token {
  std::string text;  // a bare word in lower case, or a quoted name as it is
  bool quoted = false;
  bool dotted = false;  // stands right behind a dot: the second half of a qualified name
  bool is(std::string_view word) const { return !quoted && !dotted && text == word; }
};
inline constexpr std::size_t kHeadTokens = 24;
std::vector<Token> head(std::string_view sql, std::size_t most = kHeadTokens);

// What a statement makes, changes, drops or writes to. Names are raw.
struct Target {
  std::string verb;    // "alter"; empty: none that changes a named object
  std::string schema;  // as the statement names it; empty: whatever the search_path says
  std::string name;
  bool is_schema = false;  // CREATE, ALTER or DROP SCHEMA name
};
Target target_of(std::string_view sql);

}  // namespace pgcontract::fleet
