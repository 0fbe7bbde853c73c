#pragma once
// One table of a TOML 1.0 file, for [tool.alembic] of pyproject.toml: strings, lists of strings and booleans with their
// lines; other kinds of values are read over. Values. Pure; any thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pgcontract::alembic {

struct TomlValue {
  enum class Kind { Text, List, Flag, Other };  // List: of strings
  Kind kind = Kind::Other;
  std::vector<std::string> texts;  // one for Text
  bool flag = false;
  int line = 0;
};
using TomlTable = std::map<std::string, TomlValue>;

// The table's keys; empty where the file has no such table. Dotted keys that reach into it from above do not count.
Result<TomlTable> parse_toml_table(std::string_view text, std::string_view table, const std::string& shown);

}  // namespace pgcontract::alembic
