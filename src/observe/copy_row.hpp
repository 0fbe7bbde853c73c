#pragma once
// One line of COPY … TO STDOUT in text format (docs §"COPY", File Formats), read field by field from left to right.
// Fields are unescaped in place: the views point into the line's bytes, which the caller keeps in the Observation's
// arena. A row is a value on the stack of one thread.

#include <charconv>
#include <string_view>
#include <vector>

#include "model/observation.hpp"

namespace pgcontract::observe {

class CopyRow {
 public:
  // `line` without its newline; its bytes are changed.
  CopyRow(char* line, std::size_t size) : at_(line), end_(line + size) {}

  Text text();  // empty for null
  bool boolean() { return text() == "t"; }
  char letter() {
    const Text field = text();
    return field.empty() ? '\0' : field.front();
  }
  template <typename Number>
  Number number() {
    const Text field = text();
    Number value{};
    std::from_chars(field.data(), field.data() + field.size(), value);
    return value;
  }
  Oid oid() { return number<Oid>(); }
  std::vector<Text> text_list();  // text[]
  template <typename Number>
  std::vector<Number> number_list() {
    std::vector<Number> values;
    for (Text item : text_list()) {
      Number value{};
      std::from_chars(item.data(), item.data() + item.size(), value);
      values.push_back(value);
    }
    return values;
  }

 private:
  char* at_;
  char* end_;
};

}  // namespace pgcontract::observe
