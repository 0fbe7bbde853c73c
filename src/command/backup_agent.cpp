#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "base/interrupt.hpp"
#include "command/backup_place.hpp"
#include "command/list.hpp"
#include "command/local_cluster.hpp"
#include "report/display.hpp"
#include "wal/agent.hpp"

namespace pgcontract::command {
namespace {

constexpr int kMostWorkers = 32;

Result<std::string> data_directory(const Place& place, const Arguments& arguments) {
  std::string directory = arguments.get("--data");
  if (directory.empty()) {
    if (place.environment.source != Environment::Source::Embedded)
      return fail(ErrorCode::Usage, "which server's WAL is to be stored is not said",
                  "Name its data directory with --data DIRECTORY.");
    PGC_TRY(const auto embedded, embedded_of(place));
    directory = embedded.directory + "/data";
  }
  std::error_code none;
  directory = std::filesystem::absolute(directory, none).lexically_normal();
  struct stat status{};
  if (::stat((directory + "/global/pg_control").c_str(), &status) != 0)
    return fail(ErrorCode::NotFound, "this is not the data directory of a server, or not readable", {}, directory);
  if (status.st_uid != ::geteuid())
    return fail(ErrorCode::Permission, "the server's files belong to another user",
                "Run the agent as that user: the server connects to a socket that only its owner may enter.",
                directory);
  return directory;
}

}  // namespace

Result<Report> run_backup_agent(const Arguments& arguments) {
  store::Limits limits;
  limits.retry_for = std::chrono::seconds(20);  // archive_command waits meanwhile; the server tries again
  wal::AgentOptions options;
  PGC_TRY(options.workers, number_option(arguments, "--workers", options.workers, 1, kMostWorkers));
  PGC_TRY(const BackupPlace backup, open_backup_place(arguments, limits));
  PGC_TRY(options.data_directory, data_directory(backup.place, arguments));
  options.socket = arguments.get("--socket");
  if (!arguments.quiet)
    options.log = [](const std::string& line) {
      fmt::print(stderr, "{} {}\n", format_instant(now()), report::visible(line));
      std::fflush(stderr);
    };
  const auto began = std::chrono::steady_clock::now();
  interrupt::drain_first(true);
  wal::Archive archive(*backup.store, backup.seal);
  PGC_TRY(const wal::AgentSummary sum, wal::run_agent(archive, options));
  Report report;
  report.command = "backup agent";
  report.scene = scene_of(backup.place, backup.store->describe(), nullptr);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  Table table{"counts", {{"what", "WHAT"}, {"count", "COUNT"}}, {}};
  for (const auto& [what, count] : {std::pair{"files stored", sum.stored},
                                    {"of them there before", sum.was_there},
                                    {"bytes of them", sum.bytes},
                                    {"requests", sum.asked},
                                    {"of them answered at once", sum.at_once},
                                    {"tries that failed", sum.failed}})
    table.rows.push_back({what, fmt::format("{}", count)});
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace pgcontract::command
