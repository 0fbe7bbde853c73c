#include "cli/parse.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>  // 5 s to compile: nowhere else
#include <algorithm>
#include <map>

#include "base/suggest.hpp"
#include "cli/vocabulary.hpp"

namespace pgcontract::cli {
namespace {

using command::Command;
using command::Option;

// CLI11 splits the line into words, options and values. What it leaves over is judged here, because it knows no "did
// you mean" and its own checks speak of its own classes.
struct Line {
  CLI::App root;
  std::vector<CLI::App*> path;        // root, then the group, then the command, as far as the words went
  const Command* command = nullptr;   // once the words name one
  std::vector<std::string> verbatim;  // what stood behind "--"
};

std::string did_you_mean(const std::string& answer, std::string otherwise) {
  return answer.empty() ? std::move(otherwise) : fmt::format("Did you mean {}?", answer);
}

bool looks_like_option(std::string_view text) { return text.size() > 1 && text.front() == '-'; }

std::string_view before_equals(std::string_view text) { return text.substr(0, text.find('=')); }

std::vector<std::string_view> option_names(const Command* command) {
  std::vector<std::string_view> names;
  for (const auto& global : global_options()) names.push_back(global.option.name);
  if (command)
    for (const auto& option : command->options) names.push_back(option.name);
  return names;
}

// "--env", "--env=ci" or "-e": what stands where a value should.
bool is_option_of(const Command* command, std::string_view text) {
  if (text.size() == 2 && text[0] == '-')
    return std::ranges::find(global_options(), text[1], &GlobalOption::letter) != global_options().end();
  const auto names = option_names(command);
  return std::ranges::find(names, before_equals(text)) != names.end();
}

bool is_option_name(std::span<const Command> commands, std::string_view text) {
  const auto named = [&](const Option& option) { return option.name == text; };
  return std::ranges::any_of(global_options(), named, &GlobalOption::option) ||
         std::ranges::any_of(commands, [&](const Command& each) { return std::ranges::any_of(each.options, named); });
}

void declare(CLI::App& app, const Option& option, char letter) {
  const auto name = letter ? fmt::format("-{},{}", letter, option.name) : std::string(option.name);
  if (option.value.empty())
    app.add_flag(name);
  else
    app.add_option(name)->take_all();  // counted in values_of(), for a message in our words
}

void declare_globals(CLI::App& app) {
  for (const auto& global : global_options()) declare(app, global.option, global.letter);
}

void declare_commands(CLI::App& root, std::span<const Command> commands) {
  // No flag of CLI11's own: --help and --version are ours. Extras are kept, so that remaining() shows them to us.
  root.set_help_flag("");
  root.allow_extras();
  root.require_subcommand(0, 1);  // at most one: the next word that looks like a command is an argument
  declare_globals(root);
  std::map<std::string_view, CLI::App*> groups;
  for (const auto& command : commands) {
    CLI::App* app = nullptr;
    if (const auto verb = second_word(command); !verb.empty()) {
      auto& group = groups[first_word(command)];
      if (!group) declare_globals(*(group = root.add_subcommand(std::string(first_word(command)))));
      app = group->add_subcommand(std::string(verb));
    } else {
      app = root.add_subcommand(std::string(command.words));
    }
    declare_globals(*app);
    for (const auto& option : command.options) declare(*app, option, 0);
  }
}

// Slips that CLI11 would read as something else: "-yes" as -y -e s, "--env= verify" as --env verify.
Result<void> check_spelling(std::span<const Command> commands, const std::vector<std::string>& arguments) {
  for (const auto& argument : arguments) {
    if (!looks_like_option(argument)) continue;
    const auto name = before_equals(argument);
    const bool two_dashes = argument.starts_with("--");
    if (two_dashes && argument.size() == name.size() + 1)
      return fail(ErrorCode::Usage, fmt::format("option {} needs a value behind its =", name));
    const auto with_two_dashes = fmt::format("-{}", name);
    if (!two_dashes && name.size() > 2 && is_option_name(commands, with_two_dashes))
      return fail(ErrorCode::Usage, fmt::format("unknown option {}", name),
                  fmt::format("Did you mean {}?", with_two_dashes));
  }
  return {};
}

Result<void> split(Line& line, std::span<const Command> commands, std::vector<std::string> arguments) {
  // CLI11 loses track of "--" below a subcommand: what stands behind it never reaches CLI11.
  const auto end = std::ranges::find(arguments, "--");
  if (end != arguments.end()) line.verbatim.assign(end + 1, arguments.end());
  arguments.erase(end, arguments.end());
  PGC_CHECK(check_spelling(commands, arguments));
  const auto last = arguments.empty() ? std::string{} : arguments.back();
  try {
    declare_commands(line.root, commands);
    std::ranges::reverse(arguments);  // as CLI11 wants it
    line.root.parse(arguments);
  } catch (const CLI::ArgumentMismatch&) {
    return fail(ErrorCode::Usage, fmt::format("option {} needs a value", last));
  } catch (const CLI::ParseError& error) {
    return fail(ErrorCode::Usage, error.what(), "Run pgcontract --help for the options.");
  } catch (const CLI::Error& error) {
    return fail(ErrorCode::Bug, fmt::format("the table of commands is malformed: {}", error.what()));
  }
  std::string words;
  for (CLI::App* app = &line.root; app;) {
    line.path.push_back(app);
    const auto next = app->get_subcommands();
    app = next.empty() ? nullptr : next.front();
    if (app) words += (words.empty() ? "" : " ") + app->get_name();
  }
  line.command = find_command(commands, words);
  return {};
}

Error unknown_option(const Line& line, std::string_view text) {
  const auto name = before_equals(text);
  const auto names = option_names(line.command);
  if (line.command && std::ranges::find(names, name) != names.end())
    return {ErrorCode::Usage,
            fmt::format("option {} stands before the command it belongs to", name),
            fmt::format("Write pgcontract {} {}.", line.command->words, name),
            {},
            {},
            {}};
  auto otherwise = std::string("Run pgcontract --help for the options.");
  if (line.command) {
    otherwise = fmt::format("Run pgcontract help {} for its options.", line.command->words);
    for (const auto& positional : line.command->positionals)
      if (positional.repeated) otherwise += fmt::format(" What is meant for {} goes behind --.", positional.name);
  }
  return {ErrorCode::Usage,
          fmt::format("unknown option {}", name),
          did_you_mean(nearest(name, names), std::move(otherwise)),
          {},
          {},
          {}};
}

// The word that `word` begins, else the nearest. Two letters are near to anything.
std::string meant(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.empty()) return {};
  const auto begun = std::ranges::find_if(candidates, [&](auto candidate) { return candidate.starts_with(word); });
  if (begun != candidates.end()) return std::string(*begun);
  return word.size() > 2 ? nearest(word, candidates) : std::string{};
}

Error unknown_command(std::span<const Command> commands, std::string_view group, std::string_view word) {
  std::vector<std::string_view> near;
  std::string answer;
  for (const auto& command : commands) {
    if (group.empty()) near.push_back(first_word(command));
    if (first_word(command) == group) near.push_back(second_word(command));
    // "pgcontract add": the verb without its noun.
    if (group.empty() && !word.empty() && second_word(command) == word) answer = command.words;
  }
  if (answer.empty()) {
    answer = meant(word, near);
    if (!answer.empty() && !group.empty()) answer = fmt::format("{} {}", group, answer);
  }
  const auto name = word.empty() ? std::string_view("\"\"") : word;
  const auto asked = group.empty() ? std::string(name) : fmt::format("{} {}", group, name);
  auto otherwise = group.empty() ? std::string("Run pgcontract --help for the list of commands.")
                                 : fmt::format("Run pgcontract help {} for what it knows.", group);
  if (!answer.empty()) answer = fmt::format("pgcontract {}", answer);
  return {ErrorCode::Usage,
          fmt::format("unknown command {}", asked),
          did_you_mean(answer, std::move(otherwise)),
          {},
          {},
          {}};
}

// Nothing may be left over above the command, and no option that it does not know.
Result<void> check_leftovers(const Line& line, std::span<const Command> commands) {
  for (const auto* app : line.path) {
    const bool is_command = line.command && app == line.path.back();
    for (const auto& left : app->remaining()) {
      if (looks_like_option(left)) return fail(unknown_option(line, left));
      if (!is_command) {
        const auto group = app == line.path.front() ? std::string{} : app->get_name();
        return fail(unknown_command(commands, group, left));
      }
    }
  }
  return {};
}

// Global options may stand on either side of the words: every level is asked.
Result<std::vector<std::string>> values_of(const Line& line, const Option& option) {
  std::vector<std::string> values;
  for (auto* app : line.path) {
    const auto* declared = app->get_option_no_throw(std::string(option.name));
    if (declared) values.insert(values.end(), declared->results().begin(), declared->results().end());
  }
  if (option.value.empty()) {
    if (std::ranges::any_of(values, [](const std::string& value) { return value != "true"; }))
      return fail(ErrorCode::Usage, fmt::format("option {} takes no value", option.name));
    return values;
  }
  if (values.size() > 1 && !repeats(option))
    return fail(ErrorCode::Usage, fmt::format("option {} is given more than once", option.name));
  const auto allowed = enumerated(option.value);
  for (const auto& value : values) {
    if (value.empty()) return fail(ErrorCode::Usage, fmt::format("option {} needs a value", option.name));
    if (is_option_of(line.command, value))
      return fail(ErrorCode::Usage, fmt::format("option {} needs a value, not the option {}", option.name, value));
    if (!allowed.empty() && std::ranges::find(allowed, value) == allowed.end())
      return fail(ErrorCode::Usage, fmt::format("option {} does not know \"{}\"", option.name, value),
                  did_you_mean(nearest(value, allowed), fmt::format("It takes {}.", fmt::join(allowed, ", "))));
  }
  return values;
}

Result<bool> given(const Line& line, std::string_view name) {
  PGC_TRY(const auto values, values_of(line, Option{name, "", "", ""}));
  return !values.empty();
}

Result<std::string> value_of(const Line& line, std::string_view name, std::string otherwise) {
  const auto at = std::ranges::find(global_options(), name, [](const GlobalOption& each) { return each.option.name; });
  PGC_TRY(auto values, values_of(line, at->option));
  return values.empty() ? std::move(otherwise) : values.front();
}

Result<command::Arguments> global_arguments(const Line& line) {
  command::Arguments arguments;
  PGC_TRY(const auto contract, value_of(line, "--contract", ""));
  arguments.contract_given = !contract.empty();
  if (arguments.contract_given) arguments.contract_file = contract;
  PGC_TRY(arguments.environment, value_of(line, "--env", ""));
  PGC_TRY(const auto format, value_of(line, "--format", "text"));
  arguments.format = format_named(format).value_or(Format::Text);  // values_of() let only known names through
  PGC_TRY(arguments.quiet, given(line, "--quiet"));
  PGC_TRY(arguments.verbose, given(line, "--verbose"));
  PGC_TRY(arguments.yes, given(line, "--yes"));
  if (arguments.quiet && arguments.verbose)
    return fail(ErrorCode::Usage, "options --quiet and --verbose contradict each other");
  return arguments;
}

Result<void> add_options(command::Arguments& arguments, const Line& line) {
  for (const auto& option : line.command->options) {
    PGC_TRY(const auto values, values_of(line, option));
    if (!values.empty())
      arguments.options[std::string(option.name)] =
          option.value.empty() ? std::string{} : fmt::format("{}", fmt::join(values, ","));
  }
  return {};
}

Result<void> add_positionals(command::Arguments& arguments, const Line& line) {
  const auto usage = fmt::format("Usage: {}", synopsis(*line.command));
  arguments.positionals = line.path.back()->remaining();
  arguments.positionals.insert(arguments.positionals.end(), line.verbatim.begin(), line.verbatim.end());
  std::size_t index = 0;
  bool repeated = false;
  for (const auto& positional : line.command->positionals) {
    if (index >= arguments.positionals.size()) {
      if (positional.required)
        return fail(ErrorCode::Usage, fmt::format("{} needs {}", line.command->words, positional.name), usage);
      break;
    }
    const auto allowed = enumerated(positional.name);
    const auto& value = arguments.positionals[index++];
    if (!allowed.empty() && std::ranges::find(allowed, value) == allowed.end())
      return fail(ErrorCode::Usage, fmt::format("{} does not know \"{}\"", line.command->words, value),
                  did_you_mean(nearest(value, allowed), usage));
    repeated = repeated || positional.repeated;
  }
  if (!repeated && arguments.positionals.size() > index)
    return fail(ErrorCode::Usage, fmt::format("unexpected argument \"{}\"", arguments.positionals[index]), usage);
  return {};
}

// The page of what the words name: a command, a group, or everything.
Result<Invocation> help_on(std::span<const Command> commands, const std::vector<std::string>& words) {
  Invocation invocation;
  invocation.action = Action::Help;
  if (words.empty()) return invocation;
  const auto topic = fmt::format("{}", fmt::join(words, " "));
  invocation.command = find_command(commands, topic);
  if (invocation.command) return invocation;
  if (find_command(commands, words[0]))
    return fail(ErrorCode::Usage, fmt::format("{} has no verbs", words[0]),
                fmt::format("Run pgcontract help {}.", words[0]));
  if (!is_group(commands, words[0])) return fail(unknown_command(commands, "", words[0]));
  if (words.size() > 1) return fail(unknown_command(commands, words[0], words[1]));
  invocation.topic = topic;
  return invocation;
}

// The line stops before a command, or asks for help on what it names.
Result<Invocation> help_at(const Line& line, std::span<const Command> commands, bool asked) {
  std::vector<std::string> words;
  for (std::size_t i = 1; i < line.path.size(); ++i) words.push_back(line.path[i]->get_name());
  PGC_TRY(auto invocation, help_on(commands, words));
  invocation.incomplete = !asked;
  return invocation;
}

Result<Invocation> own_invocation(std::span<const Command> commands, command::Arguments arguments,
                                  const Command& command) {
  Invocation invocation;
  if (command.words == "completion") {
    invocation.action = Action::Completion;
    invocation.topic = arguments.positionals[0];
  } else if (arguments.has("--list")) {
    invocation.action = Action::ListCommands;
  } else {
    PGC_TRY(invocation, help_on(commands, arguments.positionals));
    if (arguments.has("--man")) {
      if (!invocation.topic.empty())
        return fail(ErrorCode::Usage, fmt::format("{} has no manual page of its own", invocation.topic),
                    fmt::format("Run pgcontract help {} for its commands.", invocation.topic));
      invocation.action = Action::ManPage;
    }
  }
  invocation.arguments = std::move(arguments);
  return invocation;
}

}  // namespace

Result<Invocation> parse(std::span<const Command> commands, std::vector<std::string> arguments) {
  Line line;
  PGC_CHECK(split(line, commands, std::move(arguments)));
  PGC_TRY(const bool version, given(line, "--version"));
  Invocation invocation;
  if (version) {
    invocation.action = Action::Version;
    return invocation;
  }
  PGC_TRY(const bool help, given(line, "--help"));
  if (help && line.command) return help_at(line, commands, /*asked=*/true);
  PGC_CHECK(check_leftovers(line, commands));
  PGC_TRY(auto global, global_arguments(line));
  if (!line.command) {
    if (!line.verbatim.empty())
      return fail(ErrorCode::Usage, "-- stands before a command", "Write the command before it.");
    return help_at(line, commands, help);
  }
  PGC_CHECK(add_options(global, line));
  PGC_CHECK(add_positionals(global, line));
  if (line.command->words == "help" || line.command->words == "completion")
    return own_invocation(commands, std::move(global), *line.command);
  invocation.command = line.command;
  invocation.arguments = std::move(global);
  return invocation;
}

}  // namespace pgcontract::cli
