#pragma once
// Manual pages as roff for man(1), made of the same pages and the same table as the help: section 1, one page a command
// and one for the program. Strings in, a string out; any thread.

#include <span>
#include <string>
#include <string_view>

#include "command/command.hpp"

namespace pgcontract::cli {

std::string man_page(const command::Command& command, std::string_view page);
// pgcontract(1): all commands, the options they share, exit codes.
std::string man_overview(std::span<const command::Command> commands);

}  // namespace pgcontract::cli
