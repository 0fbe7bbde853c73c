#pragma once
// What the table of commands means to a command line: the options every command has, the two commands that cli/ answers
// itself (help, completion), and how values and words are spelled. Parsing, help, manual and completion all read it
// here, so that they cannot disagree. Views into constants and into the caller's table; pure; any thread.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/command.hpp"

namespace pgcontract::cli {

struct GlobalOption {
  command::Option option;
  char letter = 0;  // 'e' for -e; 0: none
};
std::span<const GlobalOption> global_options();

// The table with `help` and `completion` at its end. The strings stay the table's.
std::vector<command::Command> with_own_commands(std::span<const command::Command> table);

const command::Command* find_command(std::span<const command::Command> commands, std::string_view words);
// "tenant" of "tenant add"; "verify" of "verify".
std::string_view first_word(const command::Command& command);
// "add" of "tenant add"; empty for "verify".
std::string_view second_word(const command::Command& command);
// Whether `word` stands before the verbs of several commands, as "tenant" does.
bool is_group(std::span<const command::Command> commands, std::string_view word);

// The words of "text|json|junit"; none where the text is a placeholder ("FILE", "env:VAR|file:PATH").
std::vector<std::string_view> enumerated(std::string_view placeholder);
// An option whose value ends in "..." may be given more than once; the values are joined with commas.
bool repeats(const command::Option& option);
// The value's placeholder without that mark.
std::string_view placeholder_of(const command::Option& option);

std::optional<Format> format_named(std::string_view name);

// "pgcontract tenant add ID [--display-name NAME]"
std::string synopsis(const command::Command& command);

}  // namespace pgcontract::cli
