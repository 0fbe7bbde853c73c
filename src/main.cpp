// The life of a command, in order: cli/run.cpp parses the line against the table in command/commands.cpp, the command
// goes through the stages (contract → observe → compare → plan → act) as far as it needs, report/ prints what it found,
// and cli/exit_code.cpp says what that means to a script.

#include <exception>

#include "cli/run.hpp"

int main(int argc, char** argv) {
  // What the world or the user can cause is a Result<T>. Only a bug arrives here as an exception.
  try {
    return pgcontract::cli::run(argc, argv);
  } catch (...) {
    return pgcontract::cli::report_bug(std::current_exception());
  }
}
