#pragma once
// The lexical level of Python (language reference, chapter 2), as far as a revision file's header needs it: names,
// strings with their values, numbers, operators, ends of logical lines. Tokens own their text. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pgcontract::alembic {

struct PythonToken {
  enum class Kind { Name, Text, OtherString, Number, Operator, LineEnd };
  Kind kind = Kind::LineEnd;
  std::string text;  // of Text: the decoded value. OtherString (bytes, f-strings, \N{…}): raw
  int line = 0;
  bool indented = false;  // the logical line it stands in does not begin in column 0

  bool is(std::string_view spelling) const {
    return (kind == Kind::Name || kind == Kind::Operator) && text == spelling;
  }
};

// The tokens of a file, by themselves without those of the bodies of functions and classes. Each logical line that
// holds any ends with a LineEnd; comments and empty lines leave nothing. An error's `where` is the line number alone.
Result<std::vector<PythonToken>> tokenize_python(std::string_view source, bool with_bodies = false);

}  // namespace pgcontract::alembic
