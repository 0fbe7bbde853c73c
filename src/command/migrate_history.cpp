#include <algorithm>

#include "command/fleet.hpp"
#include "command/list.hpp"

namespace pgcontract::command {
namespace {

std::string place_in(const alembic::RevisionMap& map, int revision) {
  std::vector<std::string> words;
  const auto& down = map.lineage().down(revision);
  if (map.children(revision).empty()) words.emplace_back("head");
  if (map.children(revision).size() > 1) words.emplace_back("branchpoint");
  if (down.size() > 1) words.emplace_back("mergepoint");
  if (down.empty()) words.emplace_back("base");
  return joined(words).value_or("");
}

// FROM:TO, either end left out, as `alembic history -r` takes it.
Result<alembic::RevisionMap::Set> wanted(const alembic::RevisionMap& map, const std::string& range) {
  using Set = alembic::RevisionMap::Set;
  if (range.empty()) return Set(map.graph().revisions.size(), true);
  const auto colon = range.find(':');
  if (colon == std::string::npos)
    return fail(ErrorCode::Usage, "a range is FROM:TO", "For example: pgcontract migrate history base:head");
  PGC_TRY(const auto from, map.revisions(colon == 0 ? "base" : range.substr(0, colon)));
  const auto end = range.substr(colon + 1);
  PGC_TRY(const auto to, map.revisions(end.empty() ? "heads" : end));
  Set set = map.ancestors(to, /*dependencies=*/true);
  const Set below = map.ancestors(from, /*dependencies=*/true);
  for (std::size_t i = 0; i < set.size(); ++i) set[i] = set[i] && !below[i];
  for (int first : from) set[static_cast<std::size_t>(first)] = true;
  return set;
}

}  // namespace

Result<Report> run_migrate_history(const Arguments& arguments) {
  PGC_TRY(const Prepared prepared, prepare(arguments, /*to_move=*/false));
  Report report;
  report.command = "migrate history";
  report.scene = scene_of(prepared.place, "", nullptr);
  Table table{"revisions",
              {{"history", "HISTORY"},
               {"revision", "REVISION"},
               {"down", "DOWN"},
               {"depends_on", "DEPENDS ON"},
               {"labels", "LABELS"},
               {"place", "PLACE"},
               {"message", "MESSAGE"},
               {"file", "FILE"}},
              {}};
  PGC_CHECK(for_each_history(prepared, report, [&](const RevisionGraph& graph) -> Result<void> {
    const alembic::RevisionMap map(graph);
    PGC_TRY(const auto set, wanted(map, arguments.positionals.empty() ? "" : arguments.positionals[0]));
    // Newest first, as Alembic lists them.
    for (std::size_t i = graph.revisions.size(); i > 0; --i) {
      const Revision& revision = graph.revisions[i - 1];
      if (!set[i - 1]) continue;
      std::string where = place_in(map, static_cast<int>(i - 1));
      if (!revision.computed.empty()) where += where.empty() ? "read by Alembic" : ", read by Alembic";
      table.rows.push_back({graph.section, revision.id, joined(revision.down), joined(revision.depends_on),
                            joined(revision.labels), where.empty() ? std::nullopt : std::optional(where),
                            first_line(revision.message), revision.file});
    }
    return {};
  }));
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace pgcontract::command
