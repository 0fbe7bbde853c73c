#include <fmt/format.h>

#include <filesystem>

#include "command/list.hpp"
#include "command/local_cluster.hpp"

namespace pgcontract::command {

Result<Report> run_down(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const cluster::Embedded embedded, embedded_of(place));
  Report report;
  report.command = "down";
  report.scene = scene_of(place, "", nullptr);
  if (cluster::state_of(embedded) == cluster::State::Absent) {
    report.notes = {"there is no cluster"};
    return report;
  }
  if (!arguments.has("--remove")) {
    PGC_TRY(const bool stopped, cluster::stop(embedded));
    report.notes = {stopped ? "the server was stopped; its data is kept" : "the server was not running"};
    return report;
  }
  PGC_TRY(const bool agreed,
          confirmed(arguments, fmt::format("Delete the cluster in {} with all its data?", embedded.directory)));
  if (!agreed) return fail(ErrorCode::Cancelled, "nothing was removed");
  PGC_TRY([[maybe_unused]] const bool removed, cluster::remove(embedded));
  report.notes = {fmt::format("the cluster in {} was removed", embedded.directory)};
  const std::string store = embedded.directory + ".store";
  if (std::filesystem::exists(store)) report.notes.push_back(fmt::format("its backups stay in {}", store));
  return report;
}

}  // namespace pgcontract::command
