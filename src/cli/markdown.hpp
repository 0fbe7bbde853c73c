#pragma once
// The Markdown that command pages are written in, and no more of it: one title, headings, paragraphs, bullets, fenced
// code; `code` and **strong** within a line. Help and manual are both made of these blocks. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::cli {

struct Block {
  enum class Kind { Title, Heading, Paragraph, Bullet, Code };
  Kind kind = Kind::Paragraph;
  std::string text;  // one line, but for Code: its lines, each ending with a newline
};
std::vector<Block> parse_page(std::string_view page);

struct Span {
  enum class Kind { Plain, Code, Strong };
  Kind kind = Kind::Plain;
  std::string text;
};
std::vector<Span> parse_spans(std::string_view text);

}  // namespace pgcontract::cli
