#pragma once
// What a command is to the command line: its words, what it needs, its options, its run function. One file per command
// (<noun>_<verb>.cpp) with its page beside it (<noun>_<verb>.md): the page is --help, the man page and the manual. The
// one table is commands.cpp.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/embedded.hpp"
#include "base/result.hpp"
#include "model/report.hpp"

namespace pgcontract::command {

// How much must be there before the command runs.
enum class Needs { Nothing, Contract };
enum class Effect { ReadsOnly, Changes, Destroys };

struct Option {
  std::string_view name;           // "--display-name"
  std::string_view value;          // "NAME"; empty: a flag
  std::string_view description;    // one line, lower case
  std::string_view default_value;  // shown; empty: none
};

struct Positional {
  std::string_view name;  // "ID"
  bool required = true;
  bool repeated = false;
  std::string_view description;
  std::string_view completes;  // "clauses", "environments", "files" or empty: what the shell offers
};

// The words of the command line, parsed.
struct Arguments {
  std::string contract_file = "contract.yaml";
  bool contract_given = false;
  std::string environment;  // empty: the contract's first
  Format format = Format::Text;
  bool quiet = false;
  bool verbose = false;
  bool yes = false;
  std::map<std::string, std::string, std::less<>> options;  // "--display-name" → value; flags → ""
  std::vector<std::string> positionals;
  bool has(std::string_view option) const { return options.contains(option); }
  std::string get(std::string_view option, std::string_view otherwise = {}) const {
    const auto at = options.find(option);
    return at == options.end() ? std::string(otherwise) : at->second;
  }
};

struct Command {
  std::string_view words;    // "verify", "tenant add"
  std::string_view summary;  // one line for the list of commands
  std::string_view page;     // the embedded file: "tenant_add.md"
  Needs needs = Needs::Contract;
  Effect effect = Effect::ReadsOnly;
  std::vector<Option> options;
  std::vector<Positional> positionals;
  // Returns the report to print; an Error for what the user or the world caused. The exit code follows from the report
  // (cli/exit_code.hpp).
  Result<Report> (*run)(const Arguments&) = nullptr;
};

std::span<const Command> commands();
std::span<const EmbeddedText> embedded_texts();  // the pages

}  // namespace pgcontract::command
