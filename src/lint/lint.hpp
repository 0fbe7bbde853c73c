#pragma once
// The door of lint/: histories of migrations, with the SQL that they are rendered to and what is known of the target,
// judged rule by rule into Verdicts. Pure: files are read, Alembic is run and the server is asked by the caller. Values
// in, values out; inputs are borrowed for the call.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lint/rule.hpp"
#include "model/contract.hpp"
#include "model/effect.hpp"
#include "model/finding.hpp"
#include "model/observation.hpp"

namespace pgcontract::lint {

struct RenderedSql {
  std::string text;
  bool transactional = true;
  int transaction = 0;                      // those of one number run together
  const StatementEffect* effect = nullptr;  // as observed on a server
};

struct RevisionInput {
  const Revision* revision = nullptr;
  std::string source;                       // of the file
  std::vector<RenderedSql> statements;      // of its upgrade, without the moves of the version rows
  std::string not_rendered;                 // why there is no SQL
  bool judged = true;                       // false: only played, so that later ones find its tables
  const StatementEffect* effect = nullptr;  // where Alembic runs it itself
};

struct HistoryInput {
  const RevisionGraph* graph = nullptr;
  bool tenant = false;
  std::string schema;                      // its own, as findings name it
  std::vector<RevisionInput> revisions;    // in the order in which they run
  const Observation* live = nullptr;       // a server's catalog
  std::string live_schema;                 // the schema of it that is judged
  bool begins_at_live = false;             // the first revision runs on that schema, not on nothing
  std::map<std::string, TableSize> sizes;  // by table
  bool sizes_known = false;                // the target has this schema
  std::vector<std::string> edited;         // ids of revisions that were released with another text
};

struct Asked {
  const Contract& contract;
  Date today;
  std::string server_version;    // empty: no server was asked
  bool strict = false;           // warnings break too
  bool graph_only = false;       // the rules that need neither SQL nor a server
  std::string observed_on = {};  // the server that effects were observed on
};

// Where each table, and each column, key and index of it ("reports.title"), is made: "file:line".
std::map<std::string, std::string> places_of(const HistoryInput& history, const Asked& asked);

Verdicts lint(std::span<const HistoryInput> histories, const Asked& asked);

}  // namespace pgcontract::lint
