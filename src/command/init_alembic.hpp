#pragma once
// Finds the alembic.ini that an existing database was migrated with, near the working directory. Reads files only;
// values without state; any thread.

#include <string>

namespace pgcontract {
class Observation;
}

namespace pgcontract::command {

struct AlembicFound {
  std::string config;  // absolute; empty: none was found
  std::string application_section;
  std::string tenant_section;  // empty: there is none
};

// Looks at and below `directory`, four folders deep. Of several files, the one whose history holds a row of the
// database's version tables, else the one nearest to `directory`. `contract_directory` is where Alembic will be
// started.
AlembicFound find_alembic(const std::string& directory, const std::string& contract_directory,
                          const Observation& observation);

}  // namespace pgcontract::command
