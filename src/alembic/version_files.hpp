#pragma once
// Which files Alembic would import as revisions (script/base.py, Script._list_py_dir), in the order of their names.
// Values; nothing is kept open. Any thread.

#include <string>
#include <vector>

#include "alembic/config.hpp"
#include "model/migrations.hpp"

namespace pgcontract::alembic {

struct VersionFiles {
  std::vector<std::string> paths;  // absolute, each file once
  std::vector<MigrationProblem> problems;
};

VersionFiles list_version_files(const AlembicConfig& config, const IniFile& ini, const std::string& shown_directory);

}  // namespace pgcontract::alembic
