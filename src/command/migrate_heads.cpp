#include "command/fleet.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_migrate_heads(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const Scope scope, scope_of(arguments, place.contract));
  PGC_TRY(const Histories histories, read_histories(place.contract, scope));
  Report report;
  report.command = "migrate heads";
  report.scene = scene_of(place, "", nullptr);
  Table table{
      "heads",
      {{"history", "HISTORY"}, {"revision", "HEAD"}, {"labels", "LABELS"}, {"message", "MESSAGE"}, {"file", "FILE"}},
      {}};
  for (const bool application : {true, false}) {
    if (application ? !scope.application : !scope.tenants) continue;
    const RevisionGraph& graph = histories.of(application);
    for (const auto& head : graph.heads) {
      const Revision& revision = *graph.find(head);
      table.rows.push_back({graph.section, head, joined(revision.labels), first_line(revision.message), revision.file});
    }
    add_problems(graph, report);
  }
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace pgcontract::command
