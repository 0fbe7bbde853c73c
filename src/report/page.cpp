#include "report/page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/display.hpp"

namespace pgcontract::report {
namespace {

constexpr int kNarrowest = 40;  // below, columns would eat each other; lines then wrap in the terminal

std::string_view escape_of(Ink ink) {
  switch (ink) {
    case Ink::Plain: return "";
    case Ink::Bold: return "\x1b[1m";
    case Ink::Dim: return "\x1b[2m";
    case Ink::Green: return "\x1b[32m";
    case Ink::Red: return "\x1b[1;31m";
    case Ink::Yellow: return "\x1b[33m";
  }
  return "";
}

}  // namespace

Page::Page(const Style& style) : style_(style), width_(std::max(kNarrowest, style.width)) {}

std::string Page::paint(Ink ink, std::string_view text) const {
  if (!style_.colour || ink == Ink::Plain || text.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", escape_of(ink), text);
}

std::string Page::mark(Verdict verdict) const {
  const auto show = [&](Ink ink, std::string_view sign, std::string_view word) {
    return paint(ink, style_.unicode ? std::string(sign) : padded(word, mark_columns()));
  };
  switch (verdict) {
    case Verdict::Holds: return show(Ink::Green, "✔", "ok");
    case Verdict::Broken: return show(Ink::Red, "✘", "BROKEN");
    case Verdict::Waived: return show(Ink::Yellow, "~", "waived");
    case Verdict::Unknown: return show(Ink::Dim, "?", "unknown");
    case Verdict::Warned: return show(Ink::Yellow, "!", "warned");
  }
  return show(Ink::Dim, "?", "unknown");
}

std::string Page::mark(StepState state) const {
  const auto show = [&](Ink ink, std::string_view sign, std::string_view word) {
    return paint(ink, style_.unicode ? std::string(sign) : padded(word, mark_columns()));
  };
  switch (state) {
    case StepState::Done: return show(Ink::Green, "✔", "done");
    case StepState::Unneeded: return show(Ink::Dim, "=", "as is");
    case StepState::Failed: return show(Ink::Red, "✘", "FAILED");
    case StepState::NotRun: return show(Ink::Yellow, "-", "not run");
  }
  return show(Ink::Yellow, "-", "not run");
}

std::string Page::shortened(std::string_view text, int columns) const { return cut(text, columns, ellipsis()); }

std::string command_line(const Program& program) {
  std::string line;
  for (const auto& argument : program.arguments) {
    const bool plain = !argument.empty() && std::ranges::all_of(argument, [](unsigned char c) {
      return std::isalnum(c) != 0 || std::string_view("-_./=:,@%+").contains(static_cast<char>(c));
    });
    if (!line.empty()) line += ' ';
    if (plain) {
      line += argument;
      continue;
    }
    line += '\'';
    for (char c : argument) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace pgcontract::report
