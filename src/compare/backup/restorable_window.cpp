#include <fmt/format.h>

#include <algorithm>

#include "compare/backup/promise.hpp"
#include "compare/declarations.hpp"

namespace pgcontract::compare {
namespace {

using std::chrono::days;

constexpr std::chrono::hours kFirstBackup{26};  // a new cluster has a day to take one
constexpr std::chrono::minutes kSlack{15};      // between a commit and its segment in the store, where nothing is said

// The moments of the last windows that no window covers, newest first.
struct Hole {
  Instant from, to;
};
std::vector<Hole> holes(const std::vector<RestorableWindow>& windows, Instant from, Instant to) {
  std::vector<std::pair<Instant, Instant>> spans;
  for (const auto& window : windows)
    if (window.span.from_time && window.span.to_time) spans.emplace_back(*window.span.from_time, *window.span.to_time);
  std::ranges::sort(spans);
  std::vector<Hole> found;
  Instant at = from;
  for (const auto& [begin, end] : spans) {
    if (begin > at && begin < to) found.push_back({at, begin});
    at = std::max(at, end);
    if (begin >= to) break;
  }
  if (at < to) found.push_back({at, to});
  return found;
}

std::string shown(Instant instant) { return format_instant(instant).substr(0, 16) + "Z"; }

Examined check(const Judged& judged) {
  const auto& promise = judged.contract.backup;
  if (auto verdict = not_judged(judged, promise ? promise->wal : "", "recovery to a point in time is")) return *verdict;
  const Instant now = judged.observation.taken_at;
  const auto made = made_at(judged.observation);
  const int length = promise->retention.point_in_time;
  if (made && age_of(judged, *made) < kFirstBackup)
    return {{}, fmt::format("the cluster is {} old", shown_age(age_of(judged, *made))), {}};
  const Age slack = std::max<Age>(kSlack, std::chrono::minutes(2 * promise->recovery_point_minutes));
  const Instant to = now - slack;
  // Without a length, that a restore to about now is possible.
  Instant from = length > 0 ? now - days(length) : to - std::chrono::minutes(1);
  if (made) from = std::max(from, *made + kFirstBackup);
  Examined examined;
  for (const auto& hole : holes(judged.observation.backups.windows, std::min(from, to), to)) {
    // Minutes between a backup's end and its first commit are none that anyone misses.
    if (hole.to - hole.from < kSlack && hole.to != to) continue;
    examined.findings.push_back(backup_finding(
        "window", hole.to == to
                      ? fmt::format("nothing after {} can be restored", shown(hole.from))
                      : fmt::format("no moment from {} to {} can be restored", shown(hole.from), shown(hole.to))));
  }
  examined.examined = length > 0 ? fmt::format("every moment of the last {} days", length) : "about now";
  return examined;
}

}  // namespace

const Clause kBackupRestorableWindow = {
    .id = "backup.restorable_window",
    .title = "recovery can reach every moment the contract promises",
    .sentence = "Point-in-time recovery via WAL archiving to object storage (use wal-g).",
    .why =
        "The promise is a span of time, not a number of files; it begins at the oldest base backup that still works "
        "and "
        "ends at the last segment without a gap before it. Of a cluster that is younger, no more is asked than its "
        "life.",
    .needs = {Fact::Server},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
