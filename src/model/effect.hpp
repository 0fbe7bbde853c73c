#pragma once
// What the statements of migrations do to the relations of a schema, as a real server was seen to do it: which locks
// they take, what they rewrite and what they read from end to end. Values; filled by rehearse/effects on a disposable
// database, whose tables are empty: locks, rewrites and scans are seen there all the same, how long they take is not.

#include <string>
#include <vector>

namespace pgcontract {

// Relations are "schema.name", quoted as SQL needs it; the migrated schema's own name is {schema}. `made`: by the same
// revision, so that nobody else can wait for it and there is nothing in it.
struct TouchedRelation {
  std::string relation;
  bool made = false;
};

struct LockTaken {
  std::string relation;
  std::string mode;  // the strongest of the statement's on it, in SQL's words: "ACCESS EXCLUSIVE"
  bool made = false;
};

struct IndexBuilt {
  std::string index;
  std::string table;
  bool made = false;  // the table
};

struct StatementEffect {
  std::string revision;
  std::string text;                        // as fleet::Statement has it; empty where Alembic runs the revision itself
  bool of_rows = false;                    // moves the version rows
  std::string not_observed;                // why the rest is empty; empty: it was observed
  std::vector<LockTaken> locks;            // on tables, views and sequences; on indexes where they keep others out
  std::vector<TouchedRelation> rewritten;  // tables that got new storage
  std::vector<TouchedRelation> scanned;    // tables read from end to end
  std::vector<IndexBuilt> indexes;
};

// Of one script, statement by statement in its order.
struct Effects {
  std::string server_version;  // "15.20"
  std::vector<StatementEffect> statements;
};

}  // namespace pgcontract
