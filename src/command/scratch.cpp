#include "command/scratch.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <chrono>

#include "restore/recovery.hpp"
#include "walg/documents.hpp"
#include "walg/names.hpp"

namespace pgcontract::command {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

}  // namespace

Result<void> check_room(const std::string& directory, std::uint64_t bytes, std::string hint) {
  constexpr std::uint64_t kForWal = std::uint64_t{256} << 20;  // segments that wait, and what the server writes
  struct statvfs facts{};
  if (statvfs(directory.c_str(), &facts) != 0) return {};
  const std::uint64_t room = std::uint64_t{facts.f_bavail} * facts.f_frsize;
  if (room >= bytes + kForWal) return {};
  return fail(
      ErrorCode::OutOfSpace,
      fmt::format("{} has room for {}, the copy takes {}", directory, megabytes(room), megabytes(bytes + kForWal)),
      std::move(hint));
}

Result<Sources> read_sources(const BackupPlace& place) {
  Sources sources;
  PGC_TRY(sources.backups, restore::read_backups(*place.store));
  PGC_TRY(sources.archive, restore::read_archive(*place.store, place.seal, sources.backups.segment_size));
  return sources;
}

std::vector<Option> target_options() {
  return {{"--backup", "NAME", "from this base backup", "the newest before the target"},
          {"--target-time", "TIME", "to this moment, such as 2026-11-23T02:34:54Z", ""},
          {"--target-lsn", "LSN", "to this position in the WAL", ""},
          {"--target-name", "NAME", "to this restore point", ""},
          {"--target-xid", "XID", "to the end of this transaction", ""},
          {"--latest", "", "to the end of the archive", ""},
          {"--timeline", "ID", "along this timeline: latest, current or a number", "latest"}};
}

namespace {

// As psql prints a moment, "2026-11-23 03:34:54+01", people paste it.
std::string as_rfc3339(std::string text) {
  if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
  const auto zone = text.find_last_of("+-");
  if (zone != std::string::npos && zone > 10 && text.size() - zone == 3) text += ":00";
  return text;
}

// The server reads this setting before it knows the name of any time zone, Z among them.
std::string as_setting(std::string text) {
  text[10] = ' ';
  if (text.back() == 'Z' || text.back() == 'z') text.replace(text.size() - 1, 1, "+00");
  return text;
}

}  // namespace

Result<restore::Target> target_argument(const Arguments& arguments) {
  using Kind = restore::Target::Kind;
  restore::Target target;
  target.timeline = arguments.get("--timeline", "latest");
  int given = arguments.has("--latest");
  const auto take = [&](const char* option, Kind kind) {
    if (!arguments.has(option)) return false;
    ++given;
    target.kind = kind;
    target.text = arguments.get(option);
    return true;
  };
  if (take("--target-time", Kind::Time)) {
    const auto time = walg::parse_time(as_rfc3339(target.text));
    if (!time)
      return fail(ErrorCode::Usage, fmt::format("\"{}\" is no moment", target.text),
                  "Give it with its zone, as 2026-11-23T02:34:54Z or '2026-11-23 03:34:54.5+01'.");
    target.time = *time;
    target.text = as_setting(as_rfc3339(target.text));
  }
  if (take("--target-lsn", Kind::Lsn)) {
    const auto lsn = walg::parse_lsn(target.text);
    if (!lsn || *lsn == 0)
      return fail(ErrorCode::Usage, fmt::format("\"{}\" is no LSN", target.text), "Give it as 0/3000028.");
    target.lsn = *lsn;
  }
  take("--target-name", Kind::Name);
  take("--target-xid", Kind::Transaction);
  if (given > 1) return fail(ErrorCode::Usage, "more than one target is given", "Choose one of them.");
  return target;
}

Table plan_table(const restore::Plan& plan, const restore::Target& target, const restore::Archive& archive) {
  Table table{"restore", {{"fact", "FACT"}, {"value", "VALUE"}}, {}};
  const auto add = [&](std::string fact, std::string value) {
    table.rows.push_back({std::move(fact), std::move(value)});
  };
  const auto segment = [&](std::uint32_t timeline, std::uint64_t number) {
    return walg::segment_name({timeline, number}, archive.segment_size);
  };
  add("target", restore::describe(target));
  add("timeline", std::to_string(plan.timeline));
  for (const auto& backup : plan.chain) add("backup", backup.name);
  add("backup_finished_at", format_instant(plan.backup().finished_at));
  add("first_segment", segment(plan.backup().timeline, plan.first_segment));
  add("last_segment", segment(plan.timeline, plan.last_segment));
  add("segments", std::to_string(plan.segments()));
  add("download_bytes", std::to_string(plan.download_bytes));
  add("unpacked_bytes", std::to_string(plan.unpacked_bytes));
  return table;
}

Result<Scratch> restore_scratch(BackupPlace& place, const restore::Plan& plan, const restore::Target& target,
                                const Sources& sources, const std::string& work_directory, bool keep,
                                report::Progress& progress) {
  int swept = 0;
  PGC_TRY(auto workspace, drill::Workspace::create(work_directory, swept));
  PGC_CHECK(check_room(work_directory, plan.unpacked_bytes, "Name a folder with more room: --work-dir FOLDER."));
  Scratch scratch{std::move(workspace), nullptr, std::nullopt, {}, {}, swept};
  if (keep) scratch.workspace.keep();
  restore::UnpackRequest request;
  request.directory = scratch.workspace.data();
  request.seal = place.seal;
  for (const auto& backup : plan.chain) {
    request.chain.push_back(backup.name);
    PGC_TRY(const std::string text,
            store::get_text(*place.store, walg::sentinel_key(backup.name), std::size_t{64} << 20));
    PGC_TRY(const auto sentinel, walg::parse_sentinel(text, backup.name));
    for (const auto& tablespace : sentinel.tablespaces)
      request.tablespaces[tablespace.oid] = scratch.workspace.path() + "/tablespace-" + tablespace.oid;
  }
  progress.begin("restoring " + plan.backup().name, 0);
  request.progress = [&](std::uint64_t bytes) {
    progress.advance(0, fmt::format("{} of {}", megabytes(bytes), megabytes(plan.download_bytes)));
  };
  auto began = Clock::now();
  auto unpacked = restore::unpack(*place.store, request);
  if (!unpacked) return with_context(unpacked.error(), "unpack");
  scratch.unpacked = *unpacked;
  scratch.phases.unpack = seconds_since(began);

  began = Clock::now();
  restore::FeedRequest feed;
  feed.folder = scratch.workspace.path() + "/wal";
  feed.seal = place.seal;
  feed.segment_size = sources.archive.segment_size;
  feed.system_identifier = plan.backup().system_identifier;
  PGC_TRY(scratch.feed, restore::WalFeed::start(*place.store, feed));
  drill::IsolatedRequest server;
  restore::Target exact = target;
  if (target.timeline == "latest") exact.timeline = std::to_string(plan.timeline);  // the one that was planned
  server.recovery = restore::recovery_settings({exact, scratch.feed->restore_command(), "promote"});
  server.users = {"postgres"};
  if (const auto live = resolve_dsn(place.place); live && !live->keyword("user").empty())
    server.users.push_back(live->keyword("user"));
  progress.begin("replaying WAL", 0);
  server.watch = [&](Lsn replayed) -> Result<void> {
    if (const auto error = scratch.feed->error()) return fail(*error);
    progress.advance(0, fmt::format("{} of about {} segments, at {}", scratch.feed->fed().segments, plan.segments(),
                                    walg::lsn_text(replayed)));
    return {};
  };
  auto isolated = drill::Isolated::start(scratch.workspace, server);
  if (!isolated) {
    if (const auto error = scratch.feed->error()) return with_context(*error, "replay");
    return with_context(isolated.error(), "replay");
  }
  scratch.server.emplace(std::move(*isolated));
  scratch.phases.replay = seconds_since(began);
  scratch.phases.fetch_wal = scratch.feed->fed().fetch_seconds;
  return scratch;
}

std::string database_of(const Place& place, const std::optional<postgres::Dsn>& live) {
  if (live && !live->keyword("dbname").empty()) return live->keyword("dbname");
  return place.environment.database.empty() ? place.contract.name : place.environment.database;
}

}  // namespace pgcontract::command
