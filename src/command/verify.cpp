#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/suggest.hpp"
#include "command/list.hpp"
#include "command/world.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {
namespace {

// Keeps the clauses named by --clause (an id or an area, several separated by commas).
Result<void> keep_only(const std::string& wanted, Verdicts& verdicts) {
  std::vector<ClauseResult> kept;
  std::string_view rest = wanted;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const std::string_view name = rest.substr(0, comma);
    const auto before = kept.size();
    for (const auto& result : verdicts.clauses)
      if (result.clause == name ||
          (result.clause.starts_with(name) && result.clause.substr(name.size()).starts_with('.')))
        kept.push_back(result);
    if (kept.size() == before) return unknown_clause(name);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  verdicts.clauses = std::move(kept);
  return {};
}

}  // namespace

Result<Report> run_verify(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("reading the catalog of " + dsn.describe(), 0);
  const std::string wanted = arguments.get("--clause");
  PGC_TRY(World world, look(place, dsn, wanted.empty() || wanted.find("backup") != wanted.npos));
  progress.end();
  if (arguments.has("--clause")) PGC_CHECK(keep_only(arguments.get("--clause"), world.verdicts));
  Report report;
  report.command = "verify";
  report.scene = scene_of(place, dsn.describe(), &world);
  report.verdicts = std::move(world.verdicts);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (report.verdicts->has_broken()) {
    const auto& clauses = report.verdicts->clauses;
    const auto broken = std::ranges::find(clauses, Verdict::Broken, &ClauseResult::verdict);
    report.next = {"pgcontract plan", "pgcontract explain " + broken->clause};
  }
  return report;
}

}  // namespace pgcontract::command
