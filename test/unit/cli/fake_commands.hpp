#pragma once
// A table of commands for the tests of cli/: the shapes that occur (a flag, a repeated option, an enumerated one, words
// in two levels, arguments handed through) with a run function that reports what reached it.

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/vocabulary.hpp"
#include "command/command.hpp"

namespace pgcontract::cli {

inline Result<Report> echo(const command::Arguments& arguments) {
  Report report;
  report.command = "echo";
  report.notes.push_back("environment " + arguments.environment);
  for (const auto& [name, value] : arguments.options) report.notes.push_back(name + "=" + value);
  for (const auto& positional : arguments.positionals) report.notes.push_back("argument " + positional);
  return report;
}

inline Result<Report> unreachable(const command::Arguments&) {
  return fail(ErrorCode::Unreachable, "no server answers at db:5432", "Start it.");
}

inline Result<Report> broken(const command::Arguments&) {
  Report report;
  report.command = "verify";
  ClauseResult clause;
  clause.clause = "schema.owner";
  clause.verdict = Verdict::Broken;
  clause.findings.push_back({"schema.owner", {"table", "s", "t", ""}, "is owned by mallory", "", {}, "", {}});
  report.verdicts = Verdicts{{clause}};
  return report;
}

inline Result<Report> escaping(const command::Arguments&) { throw std::runtime_error("password=hunter2"); }

inline const std::vector<command::Command>& fake_table() {
  using enum command::Needs;
  using enum command::Effect;
  static const std::vector<command::Command> kTable = {
      {"init",
       "write a contract",
       "init.md",
       Nothing,
       ReadsOnly,
       {{"--from", "env:VAR|file:PATH", "where the DSN is", ""}, {"--output", "FILE", "the file", "contract.yaml"}},
       {},
       echo},
      {"status",
       "show what is there",
       "status.md",
       Contract,
       ReadsOnly,
       {{"--list-environments", "", "print the environments' names", ""}},
       {},
       unreachable},
      {"verify",
       "prove it",
       "verify.md",
       Contract,
       ReadsOnly,
       {{"--clause", "ID...", "judge only this clause", ""}},
       {},
       broken},
      {"apply",
       "bring it there",
       "apply.md",
       Contract,
       Changes,
       {{"--only", "roles|migrations", "only this area", ""},
        {"--dry-run", "", "change nothing", ""},
        {"--lock-timeout", "MS", "wait no longer for a lock", "2000"}},
       {},
       echo},
      {"explain",
       "print a clause's page",
       "explain.md",
       Nothing,
       ReadsOnly,
       {{"--list", "", "list them", ""}},
       {{"CLAUSE", false, false, "the clause", "clauses"}},
       echo},
      {"psql",
       "open psql",
       "psql.md",
       Contract,
       Changes,
       {{"--tenant", "ID", "as this tenant", ""}},
       {{"ARGUMENT", false, true, "handed to psql", ""}},
       echo},
      {"tenant add",
       "onboard a tenant",
       "tenant_add.md",
       Contract,
       Changes,
       {{"--display-name", "NAME", "a name for people", ""}},
       {{"ID", true, false, "a UUID", ""}},
       echo},
      {"tenant list", "list the tenants", "tenant_list.md", Contract, ReadsOnly, {}, {}, echo},
      {"reset", "start over", "reset.md", Contract, Destroys, {}, {}, escaping},
  };
  return kTable;
}

inline const std::vector<command::Command>& fake_commands() {
  static const auto kCommands = with_own_commands(fake_table());
  return kCommands;
}

}  // namespace pgcontract::cli
