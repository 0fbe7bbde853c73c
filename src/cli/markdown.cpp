#include "cli/markdown.hpp"

#include <algorithm>

namespace pgcontract::cli {
namespace {

std::string_view without_prefix(std::string_view line, std::string_view prefix) {
  return line.starts_with(prefix) ? line.substr(prefix.size()) : std::string_view{};
}

std::string_view trimmed(std::string_view line) {
  const auto start = line.find_first_not_of(' ');
  if (start == std::string_view::npos) return {};
  return line.substr(start, line.find_last_not_of(' ') - start + 1);
}

}  // namespace

std::vector<Block> parse_page(std::string_view page) {
  std::vector<Block> blocks;
  bool in_code = false;
  bool continues = false;  // the next line belongs to the paragraph or bullet above it
  for (std::size_t start = 0; start < page.size();) {
    const auto end = std::min(page.find('\n', start), page.size());
    const auto line = page.substr(start, end - start);
    start = end + 1;
    if (line.starts_with("```")) {
      in_code = !in_code;
      if (in_code) blocks.push_back({Block::Kind::Code, {}});
      continues = false;
    } else if (in_code) {
      blocks.back().text.append(line) += '\n';
    } else if (trimmed(line).empty()) {
      continues = false;
    } else if (const auto heading = without_prefix(line, "## "); !heading.empty()) {
      blocks.push_back({Block::Kind::Heading, std::string(heading)});
      continues = false;
    } else if (const auto title = without_prefix(line, "# "); !title.empty()) {
      blocks.push_back({Block::Kind::Title, std::string(title)});
      continues = false;
    } else if (const auto bullet = without_prefix(line, "- "); !bullet.empty()) {
      blocks.push_back({Block::Kind::Bullet, std::string(trimmed(bullet))});
      continues = true;
    } else if (continues) {
      (blocks.back().text += ' ').append(trimmed(line));
    } else {
      blocks.push_back({Block::Kind::Paragraph, std::string(trimmed(line))});
      continues = true;
    }
  }
  return blocks;
}

std::vector<Span> parse_spans(std::string_view text) {
  std::vector<Span> spans;
  const auto add = [&](Span::Kind kind, std::string_view part) {
    if (!part.empty()) spans.push_back({kind, std::string(part)});
  };
  std::size_t from = 0;  // where to look for the next mark
  for (;;) {
    const auto mark = std::min(text.find('`', from), text.find("**", from));
    if (mark == std::string_view::npos) break;
    const std::string_view fence = text[mark] == '`' ? "`" : "**";
    const auto close = text.find(fence, mark + fence.size());
    if (close == std::string_view::npos) {  // a lone mark stands for itself
      from = mark + fence.size();
      continue;
    }
    add(Span::Kind::Plain, text.substr(0, mark));
    add(fence == "`" ? Span::Kind::Code : Span::Kind::Strong,
        text.substr(mark + fence.size(), close - mark - fence.size()));
    text.remove_prefix(close + fence.size());
    from = 0;
  }
  add(Span::Kind::Plain, text);
  return spans;
}

}  // namespace pgcontract::cli
