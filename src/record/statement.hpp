#pragma once
// What one statement that Alembic was heard to say means for a recording: a change that is sent again to every schema,
// a look at the catalog whose answer is the same wherever the schema looks the same, chatter of the session; or
// something whose answer only the schema itself can give. Errs to that last side. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::record {

enum class Kind {
  Change,
  Rows,     // of the version table: moved by us
  Look,     // at the catalog
  Chatter,  // changes nothing that lasts
  Begin,
  Commit,
  Rollback,
  Savepoint,
  Release,
  RollbackTo,
  Refused,
};

struct Judged {
  Kind kind = Kind::Change;
  std::string name;    // of the savepoint
  std::string reason;  // Refused: why, continuing "it …"
};

// Where the statements were said.
struct Surroundings {
  std::string schema;                      // the scratch schema's name, distinctive
  std::string version_table;               // "alembic_version"
  std::string owner;                       // the role that changes are made as; empty: that of the DSN
  std::vector<std::string> other_schemas;  // of the real database; a look at one of them is answered differently there
};

Judged judge(std::string_view statement, const Surroundings& surroundings);

}  // namespace pgcontract::record
