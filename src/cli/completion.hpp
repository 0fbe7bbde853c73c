#pragma once
// Completion scripts for shells, made of the table: words, options, the values that are known beforehand. Clauses
// the script asks of pgcontract itself, environments it reads from the contract; no server is ever asked. Pure; any
// thread.

#include <span>
#include <string>
#include <string_view>

#include "command/command.hpp"

namespace pgcontract::cli {

// `shell` is "bash" or "zsh".
std::string completion_script(std::string_view shell, std::span<const command::Command> commands);

}  // namespace pgcontract::cli
