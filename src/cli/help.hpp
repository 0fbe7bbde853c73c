#pragma once
// Help for a terminal: a command's page with synopsis and options from the table, the verbs of a group, and the
// overview of all commands in one screen. Strings in, a string out; any thread.

#include <span>
#include <string>
#include <string_view>

#include "command/command.hpp"
#include "report/render.hpp"

namespace pgcontract::cli {

std::string help_of_command(const command::Command& command, std::string_view page, const report::Style& style);
std::string help_of_group(std::span<const command::Command> commands, std::string_view group,
                          const report::Style& style);
std::string help_overview(std::span<const command::Command> commands, const report::Style& style);

// Commands under the headings of the overview. What no heading names stands under "More", so nothing is lost.
struct CommandGroup {
  std::string_view title;
  std::vector<const command::Command*> commands;
};
std::vector<CommandGroup> grouped(std::span<const command::Command> commands);

// "  -e, --env ENVIRONMENT" and its description, one pair an option.
struct OptionLine {
  std::string spelling;
  std::string description;
};
std::vector<OptionLine> option_lines(const command::Command& command);
std::vector<OptionLine> argument_lines(const command::Command& command);
std::vector<OptionLine> global_option_lines();

}  // namespace pgcontract::cli
