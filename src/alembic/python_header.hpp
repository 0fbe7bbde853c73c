#pragma once
// Module-level assignments of a Python file to given names, with their values where those are literals.
// Values. Pure; any thread.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alembic/python_token.hpp"

namespace pgcontract::alembic {

struct PythonValue {
  enum class Kind { None, Text, List, Dynamic };  // List: a tuple or list of strings. Dynamic: anything else
  Kind kind = Kind::Dynamic;
  std::vector<std::string> texts;  // one for Text
  int line = 0;                    // of the name
};

struct PythonHeader {
  std::optional<std::string> docstring;
  std::map<std::string, PythonValue, std::less<>> values;  // the last assignment of each name
};

// A name that is bound in a way whose result depends on running the file (in an if, by an import, by def, by += and so
// on) gets the value Dynamic.
PythonHeader python_header(std::span<const PythonToken> tokens, std::span<const std::string_view> names);

}  // namespace pgcontract::alembic
