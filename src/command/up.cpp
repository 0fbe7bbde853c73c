#include <fmt/format.h>
#include <unistd.h>

#include "cluster/embedded.hpp"
#include "command/list.hpp"
#include "command/local_cluster.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {

Result<cluster::Embedded> embedded_of(const Place& place) {
  if (place.environment.source != Environment::Source::Embedded)
    return fail(
        ErrorCode::Usage,
        fmt::format("environment {} is not embedded: its server is not ours to start or stop", place.environment.name),
        "Name an environment with `dsn: embedded`, such as --env local.");
  return cluster::locate(place.contract.directory, place.environment.name, place.environment.database);
}

Result<Report> run_up(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const cluster::Embedded embedded, embedded_of(place));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("up", 0);
  PGC_TRY(const cluster::Started started,
          cluster::start(embedded, [&](std::string_view what) { progress.advance(0, what); }));
  progress.end();
  PGC_TRY(const postgres::Dsn dsn, cluster::dsn(embedded));
  Report report;
  report.command = "up";
  report.scene = scene_of(place, dsn.describe(), nullptr);
  report.scene.server_version = started.version;
  report.notes = {fmt::format("PostgreSQL {} {} in {}", started.version,
                              started.was_running ? "was running already"
                              : started.created   ? "was created and started"
                                                  : "was started",
                              embedded.directory)};
  if (started.created) report.next = {"pgcontract apply"};
  return report;
}

}  // namespace pgcontract::command
