#pragma once
// What alembic.ini says about where revisions are, without starting Python: one named section of it, with every path
// made absolute. Values; nothing is kept open. Any thread.

#include <string>
#include <vector>

#include "alembic/ini_file.hpp"
#include "base/result.hpp"

namespace pgcontract::alembic {

struct AlembicConfig {
  std::string section;
  std::string script_location;  // the folder that holds env.py; absolute
  int script_location_line = 0;
  std::vector<std::string> version_locations;  // absolute; <script_location>/versions where the key is not set
  int version_locations_line = 0;              // 0: not set
  std::vector<std::string> prepend_sys_path;   // absolute
  bool recursive = false;                      // recursive_version_locations
  bool sourceless = false;
};

// Reads alembic.ini at `path`. Errors name the place relative to `shown_directory`.
Result<IniFile> read_ini(const std::string& path, const std::string& shown_directory);

// The paths of one section. `working_directory` is where Alembic is started: relative paths start there, as they do
// for Alembic, and not at alembic.ini. NotFound where the section is missing.
Result<AlembicConfig> resolve_config(const IniFile& ini, const std::string& section,
                                     const std::string& working_directory);

}  // namespace pgcontract::alembic
