#include "cli/vocabulary.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pgcontract::cli {
namespace {

using command::Command;

const GlobalOption kGlobalOptions[] = {
    {{"--contract", "FILE", "the contract to read", "contract.yaml"}, 0},
    {{"--env", "ENVIRONMENT", "the environment of the contract to work on", "the contract's first"}, 'e'},
    {{"--format", "text|json|junit|sarif|markdown", "how to print the report", "text"}, 'f'},
    {{"--quiet", "", "print only what asks for attention", ""}, 'q'},
    {{"--verbose", "", "fold nothing", ""}, 'v'},
    {{"--yes", "", "answer yes to every question", ""}, 'y'},
    {{"--help", "", "print the command's page", ""}, 'h'},
    {{"--version", "", "print the version", ""}, 0},
};

Command help_command() {
  Command own;
  own.words = "help";
  own.summary = "print the page of a command";
  own.page = "help.md";
  own.needs = command::Needs::Nothing;
  own.options = {{"--man", "", "print the manual page as roff, for man(1)", ""},
                 {"--list", "", "print the names of all commands, one a line", ""}};
  own.positionals = {{"COMMAND", false, true, "the words of a command, or the first of them", "commands"}};
  return own;
}

Command completion_command() {
  Command own;
  own.words = "completion";
  own.summary = "print a completion script for a shell";
  own.page = "completion.md";
  own.needs = command::Needs::Nothing;
  own.positionals = {{"bash|zsh", true, false, "the shell to complete for", ""}};
  return own;
}

bool is_literal_word(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
  });
}

}  // namespace

std::span<const GlobalOption> global_options() { return kGlobalOptions; }

std::vector<Command> with_own_commands(std::span<const Command> table) {
  std::vector<Command> all;
  for (const auto& command : table)
    if (command.words != "help" && command.words != "completion") all.push_back(command);
  all.push_back(completion_command());
  all.push_back(help_command());
  return all;
}

const Command* find_command(std::span<const Command> commands, std::string_view words) {
  const auto at = std::ranges::find(commands, words, &Command::words);
  return at == commands.end() ? nullptr : &*at;
}

std::string_view first_word(const Command& command) { return command.words.substr(0, command.words.find(' ')); }

std::string_view second_word(const Command& command) {
  const auto space = command.words.find(' ');
  return space == std::string_view::npos ? std::string_view{} : command.words.substr(space + 1);
}

bool is_group(std::span<const Command> commands, std::string_view word) {
  return std::ranges::any_of(
      commands, [&](const Command& command) { return first_word(command) == word && !second_word(command).empty(); });
}

std::vector<std::string_view> enumerated(std::string_view placeholder) {
  std::vector<std::string_view> words;
  for (std::size_t start = 0; start <= placeholder.size();) {
    const auto end = std::min(placeholder.find('|', start), placeholder.size());
    const auto word = placeholder.substr(start, end - start);
    if (!is_literal_word(word)) return {};
    words.push_back(word);
    start = end + 1;
  }
  return words;
}

bool repeats(const command::Option& option) { return option.value.ends_with("..."); }

std::string_view placeholder_of(const command::Option& option) {
  return repeats(option) ? option.value.substr(0, option.value.size() - 3) : option.value;
}

std::optional<Format> format_named(std::string_view name) {
  constexpr std::pair<std::string_view, Format> kFormats[] = {{"text", Format::Text},
                                                              {"json", Format::Json},
                                                              {"junit", Format::JUnit},
                                                              {"sarif", Format::Sarif},
                                                              {"markdown", Format::Markdown}};
  for (const auto& [spelling, format] : kFormats)
    if (spelling == name) return format;
  return std::nullopt;
}

std::string synopsis(const Command& command) {
  std::string text = fmt::format("pgcontract {}", command.words);
  std::string behind_options;
  for (const auto& positional : command.positionals) {
    const auto dots = positional.repeated ? "..." : "";
    // What repeats and may be missing is handed through (psql's own arguments): it stands last.
    auto& place = positional.repeated && !positional.required ? behind_options : text;
    place += positional.required ? fmt::format(" {}{}", positional.name, dots)
                                 : fmt::format(" [{}{}]", positional.name, dots);
  }
  for (const auto& option : command.options) {
    const auto value = option.value.empty() ? std::string{} : fmt::format(" {}", placeholder_of(option));
    text += fmt::format(" [{}{}]{}", option.name, value, repeats(option) ? "..." : "");
  }
  return text + behind_options;
}

}  // namespace pgcontract::cli
