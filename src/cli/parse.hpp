#pragma once
// A command line as a value: which command with which arguments, or what else was asked for. Pure: it reads no file and
// no environment, and prints nothing. An Invocation points into the span of commands it was parsed with; any thread.

#include <span>
#include <string>
#include <vector>

#include "command/command.hpp"

namespace pgcontract::cli {

enum class Action { Run, Help, ManPage, ListCommands, Completion, Version };

struct Invocation {
  Action action = Action::Run;
  const command::Command* command = nullptr;  // of Run; of Help and ManPage where the topic is one command
  command::Arguments arguments;
  std::string topic;        // Help: the group ("tenant") or empty for the overview; Completion: the shell
  bool incomplete = false;  // the words stop before a command: its help is an answer, but not to what was asked
};

// `arguments` is argv without the program's name; `commands` comes from with_own_commands().
Result<Invocation> parse(std::span<const command::Command> commands, std::vector<std::string> arguments);

}  // namespace pgcontract::cli
