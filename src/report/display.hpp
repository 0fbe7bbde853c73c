#pragma once
// What a terminal makes of a string: its columns, and which characters must not reach it. Names come from tenants, so
// every string of a report passes visible() before it is laid out. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::report {

// A character at `at` and how many bytes it took; malformed UTF-8 gives its first byte with `valid` false.
struct Character {
  char32_t code = 0;
  std::size_t length = 1;
  bool valid = true;
};
Character character_at(std::string_view text, std::size_t at);

// Whether a character must not be shown as itself: control characters (C0, DEL, C1), those that reorder text
// (bidirectional overrides), line separators, and what XML cannot hold.
bool is_unsafe(char32_t code);

// Control characters (C0, DEL, C1) and malformed bytes as \xNN; those that reorder text (bidirectional overrides) and
// line separators as \u{202e}. No newline is left.
std::string visible(std::string_view text);

// The lines of a text, each visible(); a tab stays, since it is part of a statement as it will run.
std::vector<std::string> visible_lines(std::string_view text);

// Columns on a terminal: accents combine, CJK and emoji take two.
int columns_of(std::string_view text);

// At most `columns` wide, ending in `ellipsis` where something was cut.
std::string cut(std::string_view text, int columns, std::string_view ellipsis);

// Filled with spaces up to `columns`.
std::string padded(std::string_view text, int columns);

// Broken at spaces into lines of at most `columns`; a longer word stands alone. The first line begins with `indent`
// spaces, the others with two more; no newline at the end.
std::string wrapped(std::string_view text, int columns, int indent);

// "consider: ALTER TABLE …": lines never broken, since they are there to be copied; those after the first stand under
// it. Every line is indented, so that a hostile name with a newline cannot pass for a line of ours.
std::string labelled(std::string_view label, std::string_view text, int indent);

// "1 step", "2 steps", "2 policies".
std::string counted(std::size_t count, std::string_view one, std::string_view many);

// "0.03 s", "12.4 s", "3 min 20 s".
std::string duration(double seconds);

}  // namespace pgcontract::report
