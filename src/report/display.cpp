#include "report/display.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace pgcontract::report {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode 15's combining marks and zero-width characters, by block: enough to keep columns straight.
constexpr std::array kZeroWidth = {
    Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD}, Range{0x0610, 0x061A},
    Range{0x064B, 0x065F}, Range{0x0900, 0x0902}, Range{0x0E31, 0x0E31}, Range{0x0E34, 0x0E3A},
    Range{0x0E47, 0x0E4E}, Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF}, Range{0x200B, 0x200D},
    Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}, Range{0xFEFF, 0xFEFF}};

// East Asian Wide and Fullwidth, and the emoji blocks.
constexpr std::array kWide = {
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0x33FF},   Range{0x3400, 0x4DBF},
    Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF},   Range{0xA960, 0xA97F},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},
    Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};

// Characters that change how others are read: bidirectional controls, line and paragraph separators, noncharacters that
// XML forbids.
constexpr std::array kDeceptive = {Range{0x061C, 0x061C}, Range{0x200E, 0x200F}, Range{0x2028, 0x202E},
                                   Range{0x2066, 0x2069}, Range{0xFFF9, 0xFFFB}, Range{0xFFFE, 0xFFFF}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t code) {
  return std::ranges::any_of(ranges, [&](const Range& range) { return code >= range.first && code <= range.last; });
}

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7F && code <= 0x9F); }

int width_of(char32_t code) {
  if (code < 0x300) return 1;
  if (within(kZeroWidth, code)) return 0;
  return within(kWide, code) ? 2 : 1;
}

std::string visible_but(std::string_view text, char kept) {
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    const auto bytes = text.substr(at, character.length);
    at += character.length;
    if (kept != '\0' && character.code == static_cast<char32_t>(kept)) {
      shown += bytes;
    } else if (!character.valid) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes.front()));
    } else if (is_control(character.code)) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned>(character.code));
    } else if (within(kDeceptive, character.code)) {
      shown += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(character.code));
    } else {
      shown += bytes;
    }
  }
  return shown;
}

}  // namespace

bool is_unsafe(char32_t code) { return is_control(code) || within(kDeceptive, code); }

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t offset) { return static_cast<unsigned char>(text[at + offset]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const Character malformed{lead, 1, false};
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return malformed;
  char32_t code = lead & (0x7Fu >> length);
  for (std::size_t offset = 1; offset < length; ++offset) {
    if ((byte(offset) & 0xC0u) != 0x80u) return malformed;
    code = (code << 6u) | (byte(offset) & 0x3Fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return malformed;
  return {code, length, true};
}

std::string visible(std::string_view text) { return visible_but(text, '\0'); }

std::vector<std::string> visible_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(visible_but(text.substr(at, end - at), '\t'));
    at = end + 1;
  }
  return lines;
}

int columns_of(std::string_view text) {
  int columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    columns += width_of(character.code);
    at += character.length;
  }
  return columns;
}

std::string cut(std::string_view text, int columns, std::string_view ellipsis) {
  if (columns_of(text) <= columns) return std::string(text);
  const int room = columns - columns_of(ellipsis);
  int used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const Character character = character_at(text, at);
    const int width = width_of(character.code);
    if (used + width > room) break;
    used += width;
    at += character.length;
  }
  auto kept = text.substr(0, at);
  while (!kept.empty() && kept.back() == ' ') kept.remove_suffix(1);
  return std::string(kept) + std::string(ellipsis);
}

std::string padded(std::string_view text, int columns) {
  return std::string(text) + std::string(static_cast<std::size_t>(std::max(0, columns - columns_of(text))), ' ');
}

std::string wrapped(std::string_view text, int columns, int indent) {
  std::string lines(static_cast<std::size_t>(indent), ' ');
  int used = indent;
  bool fresh = true;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    const auto word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    const int width = columns_of(word);
    if (!fresh && used + 1 + width > columns) {
      lines += '\n' + std::string(static_cast<std::size_t>(indent + 2), ' ');
      used = indent + 2;
    } else if (!fresh) {
      lines += ' ';
      ++used;
    }
    lines += word;
    used += width;
    fresh = false;
  }
  return lines;
}

std::string labelled(std::string_view label, std::string_view text, int indent) {
  std::string block;
  for (const auto& line : visible_lines(text))
    block += fmt::format("{:{}}{}{}\n", "", indent, block.empty() ? label : std::string(label.size(), ' '), line);
  return block;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 99.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

}  // namespace pgcontract::report
