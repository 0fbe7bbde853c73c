#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cluster/programs.hpp"
#include "command/list.hpp"
#include "command/scratch.hpp"
#include "report/progress.hpp"
#include "restore/recovery.hpp"

namespace pgcontract::command {
namespace {

namespace fs = std::filesystem;

// "16385=/mnt/ts1,16386=/mnt/ts2"
Result<std::map<std::string, std::string>> tablespaces_argument(const Arguments& arguments) {
  std::map<std::string, std::string> places;
  std::istringstream words(arguments.get("--tablespace"));
  for (std::string word; std::getline(words, word, ',');) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0 || word[equals + 1] != '/')
      return fail(ErrorCode::Usage, fmt::format("\"{}\" names no place for a tablespace", word),
                  "Give its oid and an absolute path: --tablespace 16385=/mnt/ts1, several with commas between.");
    places[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return places;
}

std::string shell_word(const std::string& text) {
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-=:") ==
      std::string::npos)
    return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : c == '%' ? std::string("%%") : std::string(1, c);
  return word + "'";
}

// As the server will run it: absolute paths, no secrets.
std::string fetch_command(const Arguments& arguments, const Place& place) {
  std::error_code error;
  std::string program = fs::read_symlink("/proc/self/exe", error).string();
  if (error) program = "pgcontract";
  std::string command = fmt::format("{} --quiet --contract {} --env {} backup wal-fetch %f %p", shell_word(program),
                                    shell_word(fs::absolute(arguments.contract_file, error).string()),
                                    shell_word(place.environment.name));
  if (arguments.has("--store")) command += " --store " + shell_word(arguments.get("--store"));
  return command;
}

Result<void> write_owned(const fs::path& path, const std::string& text) {
  const fs::path fresh = path.string() + ".new";
  {
    std::ofstream file(fresh, std::ios::trunc);
    file << text;
    if (!file.flush())
      return fail(ErrorCode::Io, fmt::format("could not write {}", path.string()), "Is the disk full?");
  }
  std::error_code error;
  fs::permissions(fresh, fs::perms::owner_read | fs::perms::owner_write, error);
  PGC_CHECK(cluster::give_to_server_user(fresh));
  fs::rename(fresh, path, error);
  if (error) return fail(ErrorCode::Io, fmt::format("could not place {}: {}", path.string(), error.message()));
  return {};
}

Result<void> configure(const std::string& directory, const restore::Recovery& recovery) {
  const fs::path file = fs::path(directory) / "postgresql.auto.conf";
  std::stringstream before;
  before << std::ifstream(file).rdbuf();
  PGC_CHECK(write_owned(file, restore::with_recovery(before.str(), restore::recovery_settings(recovery))));
  return write_owned(fs::path(directory) / "recovery.signal", "");
}

// Where a person would start it.
std::string start_command(const std::string& directory, int pg_version) {
  const auto programs = cluster::find_server_programs(pg_version / 10000);
  const std::string pg_ctl = programs ? (*programs / "pg_ctl").string() : "pg_ctl";
  const std::string start =
      fmt::format("{} -D {} -l {}/restore.log start", pg_ctl, shell_word(directory), shell_word(directory));
  return geteuid() == 0 ? fmt::format("su postgres -s /bin/sh -c {}", shell_word(start)) : start;
}

}  // namespace

Result<Report> run_restore_run(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  PGC_TRY(BackupPlace place, open_backup_place(arguments));
  PGC_TRY(restore::Target target, target_argument(arguments));
  PGC_TRY(const auto tablespaces, tablespaces_argument(arguments));
  const std::string action = arguments.get("--action", "promote");
  if (action != "promote" && action != "pause")
    return fail(ErrorCode::Usage, fmt::format("--action takes promote or pause, not \"{}\"", action));
  if (!arguments.has("--to")) return fail(ErrorCode::Usage, "--to is missing", "Name an empty folder: --to FOLDER.");
  const std::string directory = fs::absolute(arguments.get("--to")).lexically_normal().string();
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("reading " + place.store->describe(), 0);
  PGC_TRY(const Sources sources, read_sources(place));
  PGC_TRY(const restore::Plan plan,
          restore::make_plan(target, arguments.get("--backup"), sources.backups.base, sources.archive));
  PGC_CHECK(restore::check_target(directory));
  Report report;
  report.command = "restore run";
  report.scene = scene_of(place.place, place.store->describe(), nullptr);
  report.tables.push_back(plan_table(plan, target, sources.archive));
  if (arguments.has("--dry-run")) {
    report.notes = {"nothing was restored: this is the plan"};
    return report;
  }
  fs::path existing = directory;
  while (!fs::exists(existing) && existing.has_relative_path()) existing = existing.parent_path();
  PGC_CHECK(
      check_room(existing.string(), plan.unpacked_bytes, "Make room there, or name another folder: --to FOLDER."));
  restore::UnpackRequest request;
  request.directory = directory;
  request.seal = place.seal;
  request.tablespaces = tablespaces;
  PGC_TRY(request.workers, number_option(arguments, "--workers", 2, 1, 64));
  for (const auto& backup : plan.chain) request.chain.push_back(backup.name);
  progress.begin("restoring " + plan.backup().name, 100);
  const std::uint64_t expected = std::max<std::uint64_t>(1, plan.download_bytes);
  request.progress = [&](std::uint64_t bytes) {
    progress.advance(static_cast<int>(std::min<std::uint64_t>(100, bytes * 100 / expected)), megabytes(bytes));
  };
  PGC_TRY(const restore::Unpacked unpacked, restore::unpack(*place.store, request));
  if (target.timeline == "latest") target.timeline = std::to_string(plan.timeline);
  PGC_CHECK(configure(directory, {target, fetch_command(arguments, place.place), action}));
  progress.end();
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  Table done{"restored",
             {{"directory", "DIRECTORY"},
              {"files", "FILES"},
              {"bytes", "BYTES"},
              {"seconds", "SECONDS"},
              {"checked", "CHECKED"}},
             {}};
  done.rows.push_back({directory, std::to_string(unpacked.files), std::to_string(unpacked.bytes),
                       fmt::format("{:.3f}", report.scene.duration_seconds),
                       unpacked.by_manifest ? "every file by SHA-256" : "every file by name"});
  report.tables.push_back(std::move(done));
  report.notes.push_back(
      "archiving is off in the restored cluster; before you switch it on, give it a store or a "
      "prefix of its own");
  if (!fs::exists(fs::path(directory) / "postgresql.conf"))
    report.notes.push_back(
        "the backup holds no postgresql.conf: its server kept it elsewhere, start with -o "
        "'-c config_file=…'");
  if (place.place.contract.tenancy)
    report.notes.push_back(
        "tenants that were deleted after this moment are here again until you replay their deletion");
  report.next = {start_command(directory, plan.backup().pg_version), "pgcontract tenant delete --replay",
                 "pgcontract verify"};
  return report;
}

}  // namespace pgcontract::command
