#pragma once
// What one group of schemas, all at the same rows, goes through on its way: Alembic's SQL cut into parts that each run
// as one message, with the moves of the version rows in place. Rendered once, applied to every schema of the group.
// Values; building a script starts Alembic as a child program.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "alembic/route.hpp"
#include "base/result.hpp"
#include "model/contract.hpp"

namespace pgcontract::fleet {

enum class Mode {
  Transaction,  // one message: BEGIN … COMMIT
  Autocommit,   // each statement by itself: CREATE INDEX CONCURRENTLY
  Delegate,     // Alembic itself, once for each schema
};
std::string_view to_string(Mode mode);

struct Statement {
  std::string text;      // without semicolon; of a move of the rows, with {table} for the version table's name
  bool of_rows = false;  // moves the version rows
  std::string revision;
  // What stands done once this has run, where its revision is begun and its rows are not moved: "part 4f… 9ab3…", the
  // revision and a hash of its statements up to here. Empty: the rows tell.
  std::string mark = {};
};

struct Part {
  Mode mode = Mode::Transaction;
  std::vector<Statement> statements;     // none where delegated
  std::vector<std::string> revisions;    // that it completes or begins
  std::vector<std::string> rows_before;  // sorted
  std::vector<std::string> rows_after;
  std::string target;       // Delegate: what Alembic is told to go to
  std::string reason;       // Delegate: why
  bool own_values = false;  // Delegate: Alembic makes other values for each schema, so that no run serves for two
};
// Of a transaction, once it is done.
std::string mark_of(const Part& part);

struct Script {
  bool upgrade = true;
  bool stamp = false;
  std::vector<std::string> from;  // rows, sorted
  std::vector<std::string> to;
  alembic::Route route;
  std::vector<Part> parts;
  bool resets_session = false;  // a statement sets something that outlives its transaction
  bool empty() const { return parts.empty(); }
};

// How Alembic is asked: its arguments behind "-c config -n section". Returns what it printed on stdout and stderr, and
// its exit code. Tests put another one in its place.
struct Printed {
  int exit_code = 0;
  std::string output;
  std::string error_output;
};
using Render = std::function<Result<Printed>(const std::vector<std::string>& arguments)>;
Render alembic_renderer(const Contract& contract, const std::string& section, const std::string& url);

// The script over `route`, from `rows`. Never fails for what cannot be rendered: those revisions are delegated, with
// the reason, and so are those whose text (below `directory`) or SQL says that rendering may not tell the truth. An
// error where Alembic could not be started.
Result<Script> make_script(const std::vector<std::string>& rows, const alembic::Route& route,
                           const std::string& directory, const std::string& version_table, const Render& render);
Script stamp_script(const std::vector<std::string>& rows, const alembic::Route& route);

// A statement with the version table of `schema`, as it is sent.
std::string text_for(const Statement& statement, const std::string& qualified_table);

}  // namespace pgcontract::fleet
