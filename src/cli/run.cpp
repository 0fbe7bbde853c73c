#include "cli/run.hpp"

#include <cxxabi.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/instant.hpp"
#include "base/interrupt.hpp"
#include "base/version.hpp"
#include "cli/completion.hpp"
#include "cli/exit_code.hpp"
#include "cli/help.hpp"
#include "cli/man_page.hpp"
#include "cli/parse.hpp"
#include "cli/terminal.hpp"
#include "cli/vocabulary.hpp"

namespace pgcontract::cli {
namespace {

using command::Command;

struct Printer {
  const Output& out;
  const Output& err;

  // The exit code of what was printed, or of printing where that failed.
  int print(std::string_view text, int code) const {
    const auto written = write_all(out.stream, text);
    if (written) return code;
    if (written.error().code != ErrorCode::Cancelled) print_error(written.error());
    return code == kUsage || code == kBug ? code : kFailed;
  }

  void print_error(const Error& error) const {
    // Where stderr is gone too, the exit code is all that is left to tell.
    [[maybe_unused]] const auto written = write_all(err.stream, report::render_error(error, err.style));
  }
};

// A malformed line has no format yet, but a script that asked for JSON reads JSON.
Format requested_format(const std::vector<std::string>& arguments) {
  Format format = Format::Text;
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    std::string_view value;
    for (const std::string_view spelling : {"--format=", "-f"})
      if (arguments[i].starts_with(spelling)) value = std::string_view(arguments[i]).substr(spelling.size());
    if ((arguments[i] == "--format" || arguments[i] == "-f") && i + 1 < arguments.size()) value = arguments[i + 1];
    format = format_named(value).value_or(format);
  }
  return format;
}

// An error goes to the person on stderr; formats that programs read carry it on stdout as well.
int print_failure(const Error& error, Report report, Format format, const Printer& printer) {
  printer.print_error(error);
  if (format == Format::Text) return exit_code(error);
  report.error = error;
  return printer.print(report::render(report, format, printer.out.style), exit_code(error));
}

Report failed_report(const command::Arguments& arguments, std::string_view words) {
  Report report;
  report.command = words;
  report.scene.contract_file = arguments.contract_file;
  report.scene.environment = arguments.environment;
  report.scene.at = now();
  return report;
}

int run_command(const Command& command, const command::Arguments& arguments, Printer printer) {
  if (!command.run)
    return print_failure({ErrorCode::Bug, fmt::format("command {} has no function", command.words), {}, {}, {}, {}},
                         failed_report(arguments, command.words), arguments.format, printer);
  Output out = printer.out;
  out.style.quiet = arguments.quiet;
  out.style.verbose = arguments.verbose;
  const Printer styled{out, printer.err};
  auto result = command.run(arguments);
  if (!result) return print_failure(result.error(), failed_report(arguments, command.words), arguments.format, styled);
  const int code = exit_code(result);
  if (result->error && arguments.format == Format::Text) {
    styled.print_error(*result->error);
    result->error.reset();  // said once
  }
  return styled.print(report::render(*result, arguments.format, out.style), code);
}

std::string page_of(const Command& command) {
  return std::string(find_embedded(command::embedded_texts(), command.page));
}

std::string help_text(const Invocation& invocation, std::span<const Command> commands, const report::Style& style) {
  if (invocation.command) return help_of_command(*invocation.command, page_of(*invocation.command), style);
  if (!invocation.topic.empty()) return help_of_group(commands, invocation.topic, style);
  return help_overview(commands, style);
}

int print_help(const Invocation& invocation, std::span<const Command> commands, const Printer& printer) {
  const Output& to = invocation.incomplete ? printer.err : printer.out;
  const Printer chosen{to, printer.err};
  // Exit 2 where no command was named: a script whose variable was empty must not look as if it had verified something.
  return chosen.print(help_text(invocation, commands, to.style), invocation.incomplete ? kUsage : kDone);
}

std::string word_list(std::span<const Command> commands) {
  std::string text;
  for (const auto& command : commands) text.append(command.words) += '\n';
  return text;
}

std::string man_text(const Invocation& invocation, std::span<const Command> commands) {
  return invocation.command ? man_page(*invocation.command, page_of(*invocation.command)) : man_overview(commands);
}

// restore_command: a server takes 1 to 125 for "no such file" and ends its recovery, so what is not that certainty must
// end above, whatever went wrong: see backup_wal_fetch.md.
int code_for_restoring(int code) { return code == kDone || code == kFindings ? code : kRecoveryMustStop; }

bool is_restoring(const std::vector<std::string>& arguments) {
  return std::ranges::find(arguments, "wal-fetch") != arguments.end();
}

int run_line(std::span<const Command> table, std::vector<std::string> arguments, const Output& out, const Output& err) {
  const Printer printer{out, err};
  const auto commands = with_own_commands(table);
  const auto format = requested_format(arguments);
  const auto invocation = parse(commands, std::move(arguments));
  if (!invocation) return print_failure(invocation.error(), failed_report({}, ""), format, printer);
  switch (invocation->action) {
    case Action::Run: return run_command(*invocation->command, invocation->arguments, printer);
    case Action::Help: return print_help(*invocation, commands, printer);
    case Action::ManPage: return printer.print(man_text(*invocation, commands), kDone);
    case Action::ListCommands: return printer.print(word_list(commands), kDone);
    case Action::Completion: return printer.print(completion_script(invocation->topic, commands), kDone);
    case Action::Version: return printer.print(fmt::format("pgcontract {}\n", kVersion), kDone);
  }
  return kBug;
}

}  // namespace

int run(std::span<const Command> table, std::vector<std::string> arguments, const Output& out, const Output& err) {
  if (!is_restoring(arguments)) return run_line(table, std::move(arguments), out, err);
  try {
    return code_for_restoring(run_line(table, std::move(arguments), out, err));
  } catch (...) {
    return code_for_restoring(report_bug(std::current_exception()));
  }
}

int run(int argc, char** argv) {
  reserve_standard_streams();
  interrupt::install();
  const Output out{stdout, decide_style(look_at(STDOUT_FILENO))};
  const Output err{stderr, decide_style(look_at(STDERR_FILENO))};
  return run(command::commands(), {argv + std::min(argc, 1), argv + argc}, out, err);
}

int report_bug(const std::exception_ptr& exception) noexcept {
  const std::type_info* type = nullptr;
  try {
    if (exception) std::rethrow_exception(exception);
  } catch (...) {
    type = abi::__cxa_current_exception_type();
  }
  char* name = type ? abi::__cxa_demangle(type->name(), nullptr, nullptr, nullptr) : nullptr;
  // Plain stdio: whatever went wrong, this must not.
  std::fprintf(
      stderr,
      "pgcontract: bug: an exception of type %s was not handled\n"
      "  hint: What was done before this stands; run pgcontract status to see it. Please report this line with "
      "the command you ran and the output of pgcontract --version.\n",
      name ? name : "unknown");
  std::free(name);
  return kBug;
}

}  // namespace pgcontract::cli
