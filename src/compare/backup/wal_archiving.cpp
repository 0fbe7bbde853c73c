#include <fmt/format.h>

#include <charconv>

#include "compare/backup/promise.hpp"
#include "compare/declarations.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

constexpr std::chrono::minutes kPatience{5};  // for segments that wait, where no objective says less
constexpr std::int64_t kWaiting = 2;          // a burst of them is no backlog

Finding setting_finding(std::string_view name, std::string message) {
  Finding finding;
  finding.subject = setting_subject(name);
  finding.message = std::move(message);
  return finding;
}

std::string_view value_of(const Observation& seen, std::string_view name) {
  const Setting* setting = seen.setting(name);
  return setting ? std::string_view(setting->value) : std::string_view();
}

// The number of a segment's name without its timeline, for distances of segments of 16 MB.
std::optional<std::int64_t> number_of(std::string_view name) {
  if (name.size() < 24) return std::nullopt;
  std::uint64_t high = 0, low = 0;
  std::from_chars(name.data() + 8, name.data() + 16, high, 16);
  std::from_chars(name.data() + 16, name.data() + 24, low, 16);
  return static_cast<std::int64_t>(high * 256 + low);
}

bool same_timeline(std::string_view a, std::string_view b) {
  return a.size() >= 8 && b.size() >= 8 && a.substr(0, 8) == b.substr(0, 8);
}

void check_settings(const Judged& judged, Examined& examined) {
  const Observation& seen = judged.observation;
  if (value_of(seen, "archive_mode") == "off") {
    examined.findings.push_back(setting_finding("archive_mode", "is off: no WAL leaves the server"));
    return;
  }
  const bool visible = seen.setting("archive_command") != nullptr;
  if (visible && value_of(seen, "archive_command").empty() && value_of(seen, "archive_library").empty())
    examined.findings.push_back(setting_finding("archive_command", "is empty: WAL waits in pg_wal, which fills up"));
  const int allowed = judged.contract.backup->recovery_point_minutes;
  int seconds = 0;
  const auto timeout = value_of(seen, "archive_timeout");
  std::from_chars(timeout.data(), timeout.data() + timeout.size(), seconds);
  if (allowed > 0 && (seconds == 0 || seconds > allowed * 60))
    examined.findings.push_back(setting_finding(
        "archive_timeout", fmt::format("is {}: a quiet hour's commits stay on the server, and {} minutes may be lost",
                                       seconds == 0 ? "0" : fmt::format("{} s", seconds), allowed)));
}

void check_progress(const Judged& judged, Examined& examined) {
  const ArchiverFacts& archiver = judged.observation.archiver;
  const BackupFacts& facts = judged.observation.backups;
  if (archiver.last_failed_at &&
      (!archiver.last_archived_at || *archiver.last_failed_at > *archiver.last_archived_at)) {
    examined.findings.push_back(
        backup_finding("archiver", fmt::format("could not store {}, and nothing since", archiver.last_failed)));
    return;
  }
  const auto current = number_of(archiver.current);
  const auto last = number_of(archiver.last_archived);
  if (current && !last && facts.last_wal.empty() && *current > kWaiting)
    examined.findings.push_back(backup_finding("archiver", "has stored nothing yet"));
  const Age silent = archiver.last_archived_at ? age_of(judged, *archiver.last_archived_at) : Age{};
  if (current && last && same_timeline(archiver.current, archiver.last_archived) && *current - *last - 1 > kWaiting &&
      silent > kPatience)
    examined.findings.push_back(backup_finding("archiver", fmt::format("{} segments wait; the last was stored {} ago",
                                                                       *current - *last - 1, shown_age(silent))));
  // An archive_command that answers 0 and stores nothing is the oldest of all failures.
  // The last that was archived may be a backup's history file, whose name goes on after the segment's.
  if (last && facts.read && same_timeline(facts.last_wal, archiver.last_archived) &&
      facts.last_wal.substr(0, 24) < archiver.last_archived.substr(0, 24))
    examined.findings.push_back(
        backup_finding("archiver", fmt::format("believes that {} was stored, and the newest in {} is {}",
                                               archiver.last_archived, facts.store, facts.last_wal)));
  if (last && facts.read && facts.last_wal.empty())
    examined.findings.push_back(backup_finding(
        "archiver",
        fmt::format("believes that {} was stored, and there is no WAL in {}", archiver.last_archived, facts.store)));
}

Examined check(const Judged& judged) {
  const auto& promise = judged.contract.backup;
  if (judged.environment.store == "none") return *not_judged(judged, "", "");
  if (!promise || promise->wal != "continuous") return {{}, "no recovery to a point in time is promised", {}};
  const Observation& seen = judged.observation;
  if (seen.server.in_recovery) return {{}, {}, "this is a standby, and its primary archives"};
  Examined examined;
  check_settings(judged, examined);
  if (examined.findings.empty()) check_progress(judged, examined);
  examined.examined = seen.archiver.last_archived_at
                          ? fmt::format("{} stored {} ago", seen.archiver.last_archived,
                                        shown_age(age_of(judged, *seen.archiver.last_archived_at)))
                          : std::string("nothing had to be stored yet");
  // What the server says can be compared with what is there only where the store was asked.
  if (!seen.backups.read && examined.findings.empty()) examined.unknown = not_judged(judged, "wal", "")->unknown;
  return examined;
}

}  // namespace

const Clause kBackupWalArchiving = {
    .id = "backup.wal_archiving",
    .title = "each WAL segment reaches the store soon after it is full",
    .sentence = "Point-in-time recovery via WAL archiving to object storage (use wal-g).",
    .why =
        "While archiving fails, the disk fills and everything since the last segment can be lost. Without "
        "archive_timeout "
        "the commits of a quiet hour stay on the server until sixteen megabytes have come together.",
    .needs = {Fact::Server, Fact::Settings, Fact::Archiver},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
