#include "report/markdown_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/display.hpp"

namespace pgcontract::report {
namespace {

// One more backtick than the longest run inside, so that the text cannot close its own fence.
std::string fence_for(std::string_view text, std::size_t least) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max(least, longest + 1), '`');
}

}  // namespace

std::string markdown_prose(std::string_view text) {
  std::string prose;
  for (const char c : visible(text)) {
    switch (c) {
      case '&': prose += "&amp;"; break;
      case '<': prose += "&lt;"; break;
      case '>': prose += "&gt;"; break;
      // An empty comment parts "@name" for whoever looks for people to notify.
      case '@': prose += "@<!-- -->"; break;
      default:
        if (std::string_view("\\`*_[]|~#!$").contains(c)) prose += '\\';
        prose += c;
    }
  }
  return prose;
}

std::string markdown_code(std::string_view text) {
  const std::string code = visible(text);
  if (code.empty()) return code;
  const auto fence = fence_for(code, 1);
  const bool touches = code.front() == '`' || code.back() == '`';
  return fmt::format("{0}{1}{2}{1}{0}", fence, touches ? " " : "", code);
}

std::string markdown_block(std::string_view text, std::string_view language, int indent) {
  const std::string before(static_cast<std::size_t>(indent), ' ');
  const auto fence = fence_for(text, 3);
  std::string block = fmt::format("{}{}{}\n", before, fence, language);
  for (const auto& line : visible_lines(text)) block += fmt::format("{}{}\n", before, line);
  return block + fmt::format("{}{}\n", before, fence);
}

}  // namespace pgcontract::report
