#pragma once
// What the rows of an Alembic version table say, compared with the revisions on disk. Borrows the graph, which must
// outlive it. Not for several threads at once: it remembers what it worked out, since thousands of tenants share a
// handful of states.

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/clause.hpp"

namespace pgcontract::compare {

class VersionRows {
 public:
  explicit VersionRows(const RevisionGraph& graph);

  // The finding where the version table of this schema is not at the heads; nothing where it is.
  std::optional<Finding> judge(const Judged& judged, const Schema& schema);

  // The rows of a schema that is at the heads, sorted: the heads, without those another revision depends on, for which
  // Alembic keeps no row.
  const std::vector<std::string>& wanted() const { return wanted_; }

 private:
  struct State {
    std::vector<std::string> unknown;  // rows that no file has
    std::size_t behind = 0;            // revisions not applied
  };

  const State& state_of(const std::vector<std::string>& rows);
  std::size_t applied(const std::vector<std::string>& rows) const;
  std::string describe(const std::vector<std::string>& rows, const State& state) const;

  const RevisionGraph& graph_;
  std::unordered_map<std::string, std::size_t> position_;  // of ids and branch labels in graph_.revisions
  std::vector<std::string> wanted_;
  std::map<std::vector<std::string>, State> states_;
};

// Why version rows cannot be compared with this graph, or empty: a guess on files that could not be read would be
// worse than no answer.
std::string unreadable_graph(const RevisionGraph& graph);

}  // namespace pgcontract::compare
