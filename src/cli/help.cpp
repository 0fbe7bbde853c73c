#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/markdown.hpp"
#include "cli/vocabulary.hpp"
#include "report/display.hpp"

namespace pgcontract::cli {
namespace {

using command::Command;
using report::Style;

// Which first words stand under which heading of the overview, in this order.
struct Heading {
  std::string_view title;
  std::vector<std::string_view> words;
};
const std::vector<Heading>& headings() {
  static const std::vector<Heading> kHeadings = {
      {"Start", {"init"}},
      {"Daily", {"status", "verify", "plan", "apply", "explain"}},
      {"Tenants", {"tenant"}},
      {"Migrations", {"migrate"}},
      {"Backups", {"backup", "store"}},
      {"Restores", {"restore", "drill"}},
      {"Local development", {"up", "down", "psql", "reset"}},
      {"Help", {"help", "completion"}},
  };
  return kHeadings;
}

std::string bold(std::string_view text, const Style& style) {
  return style.colour ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

// Without colour the marks stay: they tell what to type from what to read.
std::string with_marks(std::string_view text, const Style& style) {
  if (!style.colour) return std::string(text);
  std::string shown;
  for (const auto& span : parse_spans(text))
    shown += span.kind == Span::Kind::Plain ? span.text : bold(span.text, style);
  return shown;
}

// `first` and the words behind it; further lines start below the end of `first`.
std::string hanging(std::string_view first, std::string_view words, const Style& style) {
  const int indent = report::columns_of(first);
  std::string shown(first);
  int used = indent;
  for (std::size_t at = 0; at < words.size();) {
    const auto end = std::min(words.find(' ', at), words.size());
    const auto word = words.substr(at, end - at);
    at = end + 1;
    const int width = report::columns_of(word);
    if (used > indent && used + 1 + width > style.width) {
      shown += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
      used = indent;
    } else if (used > indent) {
      shown += ' ';
      ++used;
    }
    shown += word;
    used += width;
  }
  return with_marks(shown, style) + "\n";
}

// The one character of the pages outside ASCII.
std::string with_dash(std::string_view text, const Style& style) {
  constexpr std::string_view kDash = "—";
  std::string shown(text);
  if (const auto at = shown.find(kDash); !style.unicode && at != std::string::npos)
    shown.replace(at, kDash.size(), "-");
  return shown;
}

std::string heading(std::string_view title, const Style& style) { return fmt::format("\n{}\n", bold(title, style)); }

std::string listed(const std::vector<OptionLine>& lines, const Style& style) {
  constexpr int kWidestSpelling = 28;
  int widest = 0;
  for (const auto& line : lines)
    if (const int columns = report::columns_of(line.spelling); columns <= kWidestSpelling)
      widest = std::max(widest, columns);
  std::string text;
  for (const auto& line : lines) {
    const bool too_wide = report::columns_of(line.spelling) > widest;
    if (too_wide) text += fmt::format("  {}\n", line.spelling);
    text +=
        hanging(fmt::format("  {}  ", report::padded(too_wide ? "" : line.spelling, widest)), line.description, style);
  }
  return text;
}

std::vector<OptionLine> command_lines(const std::vector<const Command*>& commands) {
  std::vector<OptionLine> lines;
  for (const auto* command : commands) lines.push_back({std::string(command->words), std::string(command->summary)});
  return lines;
}

std::string described(const command::Option& option) {
  std::string text(option.description);
  if (!option.default_value.empty()) text += fmt::format(" (default: {})", option.default_value);
  return text;
}

std::string shown(const std::vector<Block>& blocks, const Style& style) {
  std::string text;
  auto above = Block::Kind::Title;
  for (const auto& block : blocks) {
    const bool first = above == Block::Kind::Heading;
    switch (block.kind) {
      case Block::Kind::Title: break;  // the first line of the page, printed above the synopsis
      case Block::Kind::Heading: text += heading(block.text, style); break;
      case Block::Kind::Paragraph: text += (first ? "" : "\n") + hanging("  ", block.text, style); break;
      case Block::Kind::Bullet:
        text += (above == Block::Kind::Bullet || first ? "" : "\n") + hanging("  - ", block.text, style);
        break;
      case Block::Kind::Code:
        if (!first) text += '\n';
        for (const auto& line : report::visible_lines(block.text))
          text += line.empty() ? "\n" : fmt::format("    {}\n", line);
        break;
    }
    above = block.kind;
  }
  return text;
}

// One line a noun with its verbs: forty commands would not fit a screen, and `help NOUN` tells of each.
std::vector<OptionLine> noun_lines(std::span<const Command> commands) {
  std::vector<OptionLine> lines;
  for (const auto& group : grouped(commands))
    for (const auto* command : group.commands) {
      const auto noun = first_word(*command);
      if (noun == command->words) continue;
      const auto verb = command->words.substr(noun.size() + 1);
      if (lines.empty() || lines.back().spelling != noun)
        lines.push_back({std::string(noun), std::string(verb)});
      else
        lines.back().description += fmt::format(", {}", verb);
    }
  return lines;
}

}  // namespace

std::vector<OptionLine> option_lines(const Command& command) {
  std::vector<OptionLine> lines;
  for (const auto& option : command.options)
    lines.push_back(
        {option.value.empty() ? std::string(option.name) : fmt::format("{} {}", option.name, placeholder_of(option)),
         described(option) + (repeats(option) ? "; may be repeated" : "")});
  return lines;
}

std::vector<OptionLine> argument_lines(const Command& command) {
  std::vector<OptionLine> lines;
  for (const auto& positional : command.positionals)
    lines.push_back({std::string(positional.name), std::string(positional.description)});
  return lines;
}

std::vector<OptionLine> global_option_lines() {
  std::vector<OptionLine> lines;
  for (const auto& [option, letter] : global_options()) {
    const auto name = letter ? fmt::format("-{}, {}", letter, option.name) : fmt::format("    {}", option.name);
    // The formats would push the whole column to the right: the description names them.
    const auto words = enumerated(option.value);
    lines.push_back(
        {option.value.empty() ? name : fmt::format("{} {}", name, words.empty() ? option.value : "FORMAT"),
         words.empty() ? described(option) : fmt::format("{}: {}", option.description, fmt::join(words, ", "))});
  }
  return lines;
}

std::vector<CommandGroup> grouped(std::span<const Command> commands) {
  std::vector<CommandGroup> groups;
  std::vector<bool> placed(commands.size());
  for (const auto& [title, words] : headings()) {
    CommandGroup group{title, {}};
    for (const auto word : words)
      for (std::size_t i = 0; i < commands.size(); ++i)
        if (first_word(commands[i]) == word) {
          group.commands.push_back(&commands[i]);
          placed[i] = true;
        }
    if (!group.commands.empty()) groups.push_back(std::move(group));
  }
  CommandGroup rest{"More", {}};
  for (std::size_t i = 0; i < commands.size(); ++i)
    if (!placed[i]) rest.commands.push_back(&commands[i]);
  if (!rest.commands.empty()) groups.push_back(std::move(rest));
  return groups;
}

std::string help_of_command(const Command& command, std::string_view page, const Style& style) {
  auto blocks = parse_page(page);
  const auto is_heading = [](const Block& block) { return block.kind == Block::Kind::Heading; };
  // Description first, then what can be typed, then the rest of the page.
  auto rest = std::ranges::find_if(blocks, is_heading);
  if (rest != blocks.end() && rest->text == "Description") rest = std::find_if(rest + 1, blocks.end(), is_heading);
  const bool titled = !blocks.empty() && blocks[0].kind == Block::Kind::Title;
  const auto title = titled ? blocks[0].text : fmt::format("{} — {}", command.words, command.summary);
  std::string text = bold(with_dash(title, style), style) + "\n\n" + hanging("Usage: ", synopsis(command), style);
  text += shown({blocks.begin(), rest}, style);
  if (!command.positionals.empty()) text += heading("Arguments", style) + listed(argument_lines(command), style);
  if (!command.options.empty()) text += heading("Options", style) + listed(option_lines(command), style);
  text += shown({rest, blocks.end()}, style);
  std::vector<std::string_view> names;
  for (const auto& global : global_options()) names.push_back(global.option.name);
  text += heading("Options of every command", style);
  return text + hanging("  ", fmt::format("{}; see `pgcontract help help`.", fmt::join(names, ", ")), style);
}

std::string help_of_group(std::span<const Command> commands, std::string_view group, const Style& style) {
  std::vector<const Command*> members;
  for (const auto& command : commands)
    if (first_word(command) == group) members.push_back(&command);
  return fmt::format("Usage: pgcontract {} VERB\n", group) + heading("Commands", style) +
         listed(command_lines(members), style) +
         fmt::format("\nRun pgcontract help {} for the page of one.\n", members.front()->words);
}

std::string help_overview(std::span<const Command> commands, const Style& style) {
  std::string text = bold(with_dash("pgcontract — makes a team's PostgreSQL contract executable", style), style) +
                     "\n\nUsage: pgcontract [OPTION...] COMMAND [ARGUMENT...]\n";
  auto nouns = noun_lines(commands);
  for (const auto& group : grouped(commands)) {
    if (first_word(*group.commands.front()) == group.commands.front()->words)
      text += heading(group.title, style) + listed(command_lines(group.commands), style);
    else if (!nouns.empty())
      text += heading("By what they are about: NOUN VERB", style) + listed(std::exchange(nouns, {}), style);
  }
  return text + heading("Options of every command", style) + listed(global_option_lines(), style) +
         "\nRun pgcontract help COMMAND for the page of one, or help NOUN for its verbs.\n";
}

}  // namespace pgcontract::cli
