#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "cluster/embedded.hpp"
#include "command/backup_place.hpp"
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

namespace {

// Archives where the contract promises it and the environment says where to; a store of the contract's own is for
// servers that are not ours to start.
Result<cluster::Archiving> archiving_of(const Place& place, const Arguments& arguments) {
  cluster::Archiving archiving;
  const auto& promise = place.contract.backup;
  if (!promise || promise->wal != "continuous" || place.environment.store.empty() || place.environment.store == "none")
    return archiving;
  PGC_TRY(const StoreLocation location, store_of(place, arguments));
  std::error_code none;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", none);
  const auto quick = program.parent_path() / "pgcontract-wal";
  const auto contract = std::filesystem::absolute(place.contract.file, none).lexically_normal();
  if (std::filesystem::exists(quick)) archiving.command = {quick.string(), "push", "%p", "--"};
  archiving.command.insert(archiving.command.end(), {program.string(), "--quiet", "--contract", contract.string(),
                                                     "--env", place.environment.name});
  if (!std::filesystem::exists(quick)) archiving.command.insert(archiving.command.end(), {"backup", "wal-push", "%p"});
  archiving.readable = {program.string(), contract.string()};
  constexpr std::string_view kFile = "file://";
  if (place.environment.store == "embedded") archiving.folder = location.url.substr(kFile.size());
  return archiving;
}

// A new cluster is another one than that whose backups lie there: they are kept, under another name.
Result<std::string> set_aside(const cluster::Embedded& embedded, const std::string& folder) {
  std::error_code error;
  if (folder.empty() || cluster::state_of(embedded) != cluster::State::Absent || !std::filesystem::exists(folder))
    return std::string();
  if (std::filesystem::is_empty(folder, error)) return std::string();
  std::string kept = fmt::format("{}.until-{}", folder, format_instant(now()));
  std::filesystem::rename(folder, kept, error);
  if (error) return fail(ErrorCode::Io, "could not set old backups aside: " + error.message(), "", folder);
  return kept;
}

}  // namespace

Result<Report> run_up(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const cluster::Embedded embedded, embedded_of(place));
  PGC_TRY(const cluster::Archiving archiving, archiving_of(place, arguments));
  PGC_TRY(const std::string kept, set_aside(embedded, archiving.folder));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("up", 0);
  PGC_TRY(const cluster::Started started,
          cluster::start(embedded, [&](std::string_view what) { progress.advance(0, what); }, archiving));
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
  if (started.archives)
    report.notes.push_back(fmt::format("its WAL is archived to {}", place.environment.store == "embedded"
                                                                        ? archiving.folder
                                                                        : place.environment.store));
  if (!kept.empty()) report.notes.push_back(fmt::format("the backups of the cluster before it are kept in {}", kept));
  if (!started.no_archive.empty())
    report.notes.push_back(fmt::format("its WAL is not archived: {}", started.no_archive));
  if (started.created) report.next = {"pgcontract apply"};
  return report;
}

}  // namespace pgcontract::command
