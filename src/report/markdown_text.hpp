#pragma once
// GitHub-flavoured Markdown from hostile strings: nothing in a name becomes markup, a link, a mention or HTML. Pure;
// any thread.

#include <string>
#include <string_view>

namespace pgcontract::report {

// As prose, on one line.
std::string markdown_prose(std::string_view text);

// As `code`, on one line; not for the cells of tables, where a pipe would end it.
std::string markdown_code(std::string_view text);

// As a fenced block with `language`, each line with `indent` spaces before it.
std::string markdown_block(std::string_view text, std::string_view language, int indent);

}  // namespace pgcontract::report
