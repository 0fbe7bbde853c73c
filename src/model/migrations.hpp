#pragma once
// Alembic's revision files as read from disk without starting Python (specified by Alembic's script/base.py and
// script/revision.py). Values; filled by alembic/, judged by compare/.

#include <string>
#include <vector>

namespace pgcontract {

struct Revision {
  std::string id;
  std::vector<std::string> down;  // down_revision: none for a base, several for a merge
  std::vector<std::string> depends_on;
  std::vector<std::string> labels;  // branch_labels
  std::string message;              // first paragraph of the docstring
  std::string file;                 // relative to the contract's directory
  int line = 0;                     // of `revision =`
  std::string sha256 = {};          // of the file; filled where it is asked for: alembic/digest.hpp
  std::string computed = {};        // variables that only Python can tell, "branch_labels": Alembic was asked
};

// A file or key that could not be read, with the place and what to do.
struct MigrationProblem {
  std::string where;  // "packages/api/alembic.ini:3", or a file
  std::string message;
  std::string hint;
};

// One named section of alembic.ini with the revisions its script_location and version_locations hold.
struct RevisionGraph {
  std::string section;              // "alembic", "tenant"
  bool present = false;             // the section exists
  std::vector<Revision> revisions;  // in topological order, bases first
  std::vector<std::string> heads;   // revisions nothing descends from, sorted
  std::vector<MigrationProblem> problems;

  const Revision* find(const std::string& id) const {
    for (const auto& revision : revisions)
      if (revision.id == id) return &revision;
    return nullptr;
  }
};

struct MigrationFiles {
  bool configured = false;  // the contract has a migrations section
  RevisionGraph application;
  RevisionGraph tenant;
  std::string digest;  // of all revision files; empty: not asked for, or one could not be read
};

}  // namespace pgcontract
