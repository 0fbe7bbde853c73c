#include "command/fleet.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_migrate_heads(const Arguments& arguments) {
  PGC_TRY(const Prepared prepared, prepare(arguments, /*to_move=*/false));
  Report report;
  report.command = "migrate heads";
  report.scene = scene_of(prepared.place, "", nullptr);
  Table table{
      "heads",
      {{"history", "HISTORY"}, {"revision", "HEAD"}, {"labels", "LABELS"}, {"message", "MESSAGE"}, {"file", "FILE"}},
      {}};
  PGC_CHECK(for_each_history(prepared, report, [&](const RevisionGraph& graph) -> Result<void> {
    for (const auto& head : graph.heads) {
      const Revision& revision = *graph.find(head);
      table.rows.push_back({graph.section, head, joined(revision.labels), first_line(revision.message), revision.file});
    }
    return {};
  }));
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace pgcontract::command
