#include "yaml/text_check.hpp"

#include <fmt/format.h>

namespace pgcontract::yaml {
namespace {

// The length of the well-formed UTF-8 sequence at `at` (Unicode 15, table 3-7), or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  // The second byte's range shuts out overlong forms, surrogates and what lies above U+10FFFF.
  unsigned low = 0x80;
  unsigned high = 0xBF;
  std::size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  if (length == 0 || byte(at + 1) < low || byte(at + 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (byte(at + i) < 0x80 || byte(at + i) > 0xBF) return 0;
  return length;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

}  // namespace

BadByte find_bad_byte(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  Mark mark{1, 1};
  std::size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '\0')
      return {mark, "the file contains a NUL byte",
              "Save the file as UTF-8 text; UTF-16 and binary files are not read."};
    if (is_control(c))
      return {mark, fmt::format("the file contains the control character 0x{:02x}", static_cast<unsigned char>(c)),
              "Remove it, or write it as an escape in double quotes."};
    const std::size_t length = sequence_length(text, at);
    if (length == 0) return {mark, "the file is not valid UTF-8", "Save the file as UTF-8 text."};
    at += length;
    const bool line_ends = c == '\n' || (c == '\r' && (at == text.size() || text[at] != '\n'));
    mark = line_ends ? Mark{mark.line + 1, 1} : Mark{mark.line, mark.column + 1};
  }
  return {};
}

}  // namespace pgcontract::yaml
