#pragma once
// The header of one revision file: what Alembic would find in the module's attributes after importing it, read without
// running it. Values. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/migrations.hpp"

namespace pgcontract::alembic {

struct RevisionFile {
  std::optional<Revision> revision;  // nothing where the file has no id that can be read
  std::vector<MigrationProblem> problems;
  std::vector<std::string> computed = {};  // names of variables whose values only Python can tell
};

// `shown` is the file's path as messages name it; its last part stands in for `revision` where Alembic's oldest naming
// ("1a2b3c.py") does.
RevisionFile parse_revision_file(std::string_view source, const std::string& shown);

}  // namespace pgcontract::alembic
