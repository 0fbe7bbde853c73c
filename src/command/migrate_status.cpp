#include <fmt/format.h>

#include <chrono>
#include <set>
#include <utility>

#include "alembic/graph.hpp"
#include "command/fleet.hpp"
#include "command/list.hpp"
#include "command/revision_trace.hpp"

namespace pgcontract::command {
namespace {

constexpr std::size_t kNamesShown = 3;
constexpr std::size_t kBehindShown = 20;
constexpr std::size_t kTraced = 5;  // each may start git twice

// How a group of schemas stands to its history, in one word and in words.
struct Standing {
  std::string state;  // "at head", "behind", "unknown revision", "conflict"
  std::optional<std::string> pending;
};

Standing standing_of(const Group& group, const RevisionGraph& graph) {
  if (const auto unknown = alembic::unknown_rows(graph, group.rows); !unknown.empty())
    return {"unknown revision", fmt::format("{}", fmt::join(unknown, ", "))};
  if (group.error) return {"conflict", group.error->message};
  if (group.route.empty()) return {"at head", std::nullopt};
  std::vector<std::string> ids;
  for (const auto& step : group.route) ids.push_back(step.revision);
  return {"behind", fmt::format("{}", fmt::join(ids, ", "))};
}

std::optional<std::string> rows_of(const FleetSchema& schema) {
  if (!schema.unreadable.empty()) return std::nullopt;
  return joined(schema.rows).value_or("base");
}

Table groups_table(const std::vector<Group>& groups, const Histories& histories) {
  Table table{"groups",
              {{"history", "HISTORY"},
               {"rows", "AT"},
               {"schemas", "SCHEMAS"},
               {"state", "STATE"},
               {"pending", "PENDING"},
               {"examples", "FOR EXAMPLE"}},
              {}};
  for (const auto& group : groups) {
    const RevisionGraph& graph = histories.of(group.application);
    auto standing = standing_of(group, graph);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(kNamesShown, group.schemas.size()); ++i)
      names.push_back(group.schemas[i].name);
    table.rows.push_back({graph.section, rows_of(group.schemas.front()), std::to_string(group.schemas.size()),
                          std::move(standing.state), std::move(standing.pending), joined(names)});
  }
  return table;
}

// The odd ones first: what needs a person, then what few others are like. JSON gets every schema; a person those that
// are not at their head, and of thousands the first few.
std::vector<const Group*> oddest_first(const std::vector<Group>& groups, const Histories& histories) {
  std::vector<const Group*> out;
  for (const auto& group : groups) out.push_back(&group);
  const auto oddness = [&](const Group* group) {
    const auto state = standing_of(*group, histories.of(group->application)).state;
    return std::pair{state == "at head" ? 2 : state == "behind" ? 1 : 0, group->schemas.size()};
  };
  std::ranges::stable_sort(out, {}, oddness);
  return out;
}

Table schemas_table(const std::vector<Group>& groups, const Histories& histories, bool all, std::size_t& left_out) {
  Table table{"schemas",
              {{"schema", "SCHEMA"},
               {"tenant", "TENANT"},
               {"history", "HISTORY"},
               {"rows", "AT"},
               {"state", "STATE"},
               {"pending", "PENDING"}},
              {}};
  for (const Group* group : oddest_first(groups, histories)) {
    const RevisionGraph& graph = histories.of(group->application);
    const auto standing = standing_of(*group, graph);
    if (!all && standing.state == "at head") continue;
    for (const auto& schema : group->schemas) {
      if (!all && table.rows.size() == kBehindShown) {
        ++left_out;
        continue;
      }
      table.rows.push_back({schema.name, schema.tenant ? std::optional(schema.tenant->canonical()) : std::nullopt,
                            graph.section, rows_of(schema), standing.state, standing.pending});
    }
  }
  return table;
}

// A revision that no file has was in one once: where git knows of it, that is told.
void add_traces(const Contract& contract, const std::vector<Group>& groups, const Histories& histories,
                Report& report) {
  std::set<std::string> unknown;
  for (const auto& group : groups)
    for (auto& id : alembic::unknown_rows(histories.of(group.application), group.rows)) unknown.insert(std::move(id));
  std::size_t traced = 0;
  for (const auto& id : unknown) {
    if (++traced > kTraced) break;
    if (auto trace = trace_revision(contract.directory, id); !trace.empty())
      report.notes.push_back(fmt::format("revision {}: {}", id, trace));
  }
}

}  // namespace

Result<Report> run_migrate_status(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const Prepared prepared, prepare(arguments, /*to_move=*/false));
  const auto& [place, scope, histories] = prepared;
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  Report report;
  report.command = "migrate status";
  PGC_TRY(const fleet::Survey survey, survey_of(place, dsn, report.scene));
  const auto groups = make_groups(survey, histories, scope, [](const alembic::RevisionMap& map, const auto& schema) {
    return alembic::upgrade_route(map, schema.rows, "heads");
  });
  report.tables.push_back(groups_table(groups, histories));
  const bool all = arguments.format != Format::Text || arguments.verbose;
  std::size_t left_out = 0;
  Table schemas = schemas_table(groups, histories, all, left_out);
  if (all || !schemas.rows.empty()) report.tables.push_back(std::move(schemas));
  if (left_out > 0)
    report.notes.push_back(fmt::format("{} more schemas are not at their head: --verbose lists them", left_out));
  add_traces(place.contract, groups, histories, report);
  for (const auto& schema : survey.tenants.unregistered)
    report.notes.push_back(
        fmt::format("schema {} has the shape of a tenant's, but no such tenant is registered", schema));
  for (const auto* graph : {&histories.application, &histories.tenant}) add_problems(*graph, report);
  if (is_there_anything(groups)) report.next = {"pgcontract migrate plan", "pgcontract migrate up"};
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace pgcontract::command
