#pragma once
// From argv to an exit code: parse, run the command, print its report. The only place that prints. run() belongs to the
// main thread; the second form takes its surroundings as arguments, for tests. Streams are borrowed.

#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "command/command.hpp"
#include "report/render.hpp"

namespace pgcontract::cli {

struct Output {
  std::FILE* stream = nullptr;
  report::Style style;
};

int run(int argc, char** argv);
int run(std::span<const command::Command> table, std::vector<std::string> arguments, const Output& out,
        const Output& err);

// Tells the user that `exception` got away, without its text, which may quote what was being worked on. Returns 70.
int report_bug(const std::exception_ptr& exception) noexcept;

}  // namespace pgcontract::cli
