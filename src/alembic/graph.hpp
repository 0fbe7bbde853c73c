#pragma once
// Alembic's history as a RevisionGraph: read from the files without starting Python, and the questions asked of it
// with the rows of a version table. Graphs are values and own their text. Any thread.

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/migrations.hpp"

namespace pgcontract::alembic {

// The header of one file as Python computes it; or why it cannot.
struct Asked {
  Revision revision;
  std::string error;
};
// Asks Alembic for the headers of files, by absolute path, in their order: what ask.hpp makes.
using Ask =
    std::function<Result<std::vector<Asked>>(const std::string& section, const std::vector<std::string>& paths)>;

// Reads the history of one section of alembic.ini. Never fails: whatever could not be read stands in `problems`, and
// the rest is as complete as it can be. `shown_directory` is the contract's folder: paths in messages are relative to
// it, and relative paths in alembic.ini start there, because Alembic is started there.
// `ask`, where given, is called once if a header holds more than literals.
RevisionGraph read_graph(const std::string& config_path, const std::string& section, const std::string& shown_directory,
                         const Ask& ask = {});

// What `alembic upgrade heads` would run, in its order, where `current` are the rows of the version table. Unknown rows
// count as nothing; see unknown_rows().
std::vector<std::string> pending(const RevisionGraph& graph, const std::vector<std::string>& current);

// The rows are those that `alembic upgrade heads` leaves: one for each head that no other revision depends on.
bool at_head(const RevisionGraph& graph, const std::vector<std::string>& current);

// Rows that name no revision of the files: Alembic refuses to work with such a table.
std::vector<std::string> unknown_rows(const RevisionGraph& graph, const std::vector<std::string>& current);

}  // namespace pgcontract::alembic
