#pragma once
// Linting of the contract's migrations, for `migrate lint` and `migrate check`: which revisions, rendered by Alembic,
// with what the target and its tables are like where there is one. Values.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "command/fleet.hpp"
#include "lint/lint.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {

struct LintRequest {
  bool all = false;                  // the whole history, whatever is pending
  bool offline = false;              // no server is asked
  bool strict = false;               // warnings break too
  bool graph = false;                // files alone: no SQL, no server
  bool observe = false;              // run the statements on a disposable database and look
  std::string revisions;             // FROM:TO or one; empty: what is pending
  std::optional<postgres::Dsn> dsn;  // where it is resolved already: a variable can be read once
};

struct Linted {
  Verdicts verdicts;
  std::vector<std::string> notes;
  Scene scene;
  std::map<std::string, std::string> places;  // "schema.table.column" → "file:line"; a tenant's schema as its pattern
};

Result<Linted> lint_migrations(const Place& place, const Scope& scope, const LintRequest& request,
                               report::Progress& progress);

// Says of findings about objects which line of which revision makes them, where a revision does.
void place(const Linted& linted, const Contract& contract, Verdicts& verdicts);

// What the target knows, as far as lint asks.
struct LintTarget {
  fleet::Survey survey;
  Observation observation;
  std::string server_version;  // "15.20"
};
Result<LintTarget> read_lint_target(const Place& place, const postgres::Dsn& dsn);
// Sizes and traffic of the application's tables, or of each tenants' table where it is largest.
Result<std::map<std::string, lint::TableSize>> read_sizes(const postgres::Dsn& dsn, const Fleet& fleet);
// Revisions whose files are not the ones that schemas were migrated with, by the ledger.
std::vector<std::string> edited_revisions(const Observation& seen, const RevisionGraph& graph,
                                          const std::map<std::string, std::string>& sources);

}  // namespace pgcontract::command
