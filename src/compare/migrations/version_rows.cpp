#include "compare/migrations/version_rows.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

std::vector<std::string> sorted_rows(const VersionTable& table) {
  std::vector<std::string> rows(table.versions.begin(), table.versions.end());
  std::ranges::sort(rows);
  return rows;
}

}  // namespace

VersionRows::VersionRows(const RevisionGraph& graph) : graph_(graph) {
  for (std::size_t i = 0; i < graph.revisions.size(); ++i)
    for (const auto& label : graph.revisions[i].labels) position_.insert_or_assign(label, i);
  for (std::size_t i = 0; i < graph.revisions.size(); ++i) position_.insert_or_assign(graph.revisions[i].id, i);
  wanted_ = graph.heads;
  for (const auto& revision : graph.revisions)
    for (const auto& needed : revision.depends_on)
      if (const auto at = position_.find(needed); at != position_.end())
        std::erase(wanted_, graph.revisions[at->second].id);
  std::ranges::sort(wanted_);
}

// How many revisions stand behind these rows: the rows' own and all they descend from or depend on.
std::size_t VersionRows::applied(const std::vector<std::string>& rows) const {
  std::vector<bool> seen(graph_.revisions.size());
  std::vector<std::string> waiting = rows;
  std::size_t count = 0;
  while (!waiting.empty()) {
    const auto at = position_.find(waiting.back());
    waiting.pop_back();
    if (at == position_.end() || seen[at->second]) continue;
    seen[at->second] = true;
    ++count;
    const Revision& revision = graph_.revisions[at->second];
    waiting.insert(waiting.end(), revision.down.begin(), revision.down.end());
    waiting.insert(waiting.end(), revision.depends_on.begin(), revision.depends_on.end());
  }
  return count;
}

const VersionRows::State& VersionRows::state_of(const std::vector<std::string>& rows) {
  auto [at, is_new] = states_.try_emplace(rows);
  if (is_new) {
    for (const auto& row : rows) {
      const auto found = position_.find(row);
      // A row holds an id; a label of the same spelling is no revision.
      if (found == position_.end() || graph_.revisions[found->second].id != row) at->second.unknown.push_back(row);
    }
    at->second.behind = graph_.revisions.size() - applied(rows);
  }
  return at->second;
}

std::string VersionRows::describe(const std::vector<std::string>& rows, const State& state) const {
  if (!state.unknown.empty())
    return fmt::format("names revision {}, which no file has", fmt::join(state.unknown, ", "));
  const std::string present = rows.empty() ? "the base" : fmt::format("{}", fmt::join(rows, ", "));
  const std::string goal = wanted_.empty() ? "the base" : fmt::format("{}", fmt::join(wanted_, ", "));
  if (state.behind == 0) return fmt::format("holds {}, at the head it holds {} alone", present, goal);
  return fmt::format("is at {}, {} behind {}", present, counted(state.behind, "revision"), goal);
}

std::optional<Finding> VersionRows::judge(const Judged& judged, const Schema& schema) {
  const VersionTable* table = judged.observation.version_table_of(schema.oid);
  Finding finding;
  finding.subject = {"table", std::string(schema.name), judged.contract.migrations->version_table, ""};
  if (!table) {
    if (wanted_.empty()) return std::nullopt;  // no revision: Alembic makes the table with the first
    finding.message = "does not exist: no migration has run here";
    finding.tags = {"missing"};
    return finding;
  }
  const auto rows = sorted_rows(*table);
  if (rows == wanted_) return std::nullopt;
  const State& state = state_of(rows);
  finding.message = describe(rows, state);
  finding.tags = {!state.unknown.empty() ? "unknown_revision" : state.behind > 0 ? "behind" : "surplus"};
  return finding;
}

std::string unreadable_graph(const RevisionGraph& graph) {
  if (!graph.problems.empty())
    return fmt::format("the migration files have {}: see migrations.alembic_readable",
                       counted(graph.problems.size(), "problem"));
  if (!graph.present) return fmt::format("section [{}] was not read: see migrations.alembic_readable", graph.section);
  return {};
}

}  // namespace pgcontract::compare
