#include "store/check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <optional>

#include "command/backup_place.hpp"
#include "command/list.hpp"
#include "command/world.hpp"
#include "report/progress.hpp"
#include "store/store.hpp"

namespace pgcontract::command {

Result<Report> run_store_check(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const StoreLocation location, store_of(place, arguments));
  store::Limits limits;
  limits.page_size = 3;                         // so that a handful of objects makes pages
  limits.retry_for = std::chrono::seconds(15);  // somebody waits for the answer
  PGC_TRY(const auto store, store::open_store(location, place.contract.directory, limits));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("trying the store", 0);
  int tried = 0;
  auto trials = store::try_store(*store, [&](std::string_view name) { progress.advance(tried++, name); });
  progress.end();
  if (!trials) return with_context(trials.error(), store->describe());

  Report report;
  report.command = "store check";
  report.scene = scene_of(place, store->describe(), nullptr);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  Table table{"trials", {{"trial", "TRIAL"}, {"state", "STATE"}, {"seconds", "SECONDS"}, {"found", "FOUND"}}, {}};
  for (const auto& trial : *trials) {
    const bool tried_it = trial.state != store::TrialState::Untried;
    table.rows.push_back({trial.name, std::string(to_string(trial.state)),
                          tried_it ? std::optional(fmt::format("{:.3f}", trial.seconds)) : std::nullopt, trial.found});
    if (!trial.hint.empty()) report.notes.push_back(fmt::format("{}: {}", trial.name, trial.hint));
    report.finds = report.finds || trial.state == store::TrialState::Missing;
  }
  report.tables.push_back(std::move(table));
  report.notes.push_back(report.finds ? "Backups cannot rest on this store as it is."
                                      : "Backups can rest on this store.");
  return report;
}

}  // namespace pgcontract::command
