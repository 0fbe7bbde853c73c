#include "retention/retention.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compare/backup/promise.hpp"
#include "compare/declarations.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

using std::chrono::days;

constexpr days kGrace{2};  // between the end of a backup's time and the next run of prune
constexpr std::size_t kShownDates = 5;

retention::Holdings holdings_of(const BackupFacts& facts, Instant now) {
  retention::Holdings holdings;
  holdings.base = facts.base;
  holdings.logical = facts.logical;
  const auto add = [&](std::uint32_t id) {
    if (std::ranges::find(holdings.timelines, id, &retention::Timeline::id) == holdings.timelines.end())
      holdings.timelines.push_back({id, 0, 0, now});
  };
  for (const auto& backup : facts.base) add(backup.timeline);
  for (const auto& window : facts.windows) add(window.span.timeline);
  return holdings;
}

std::string shown_dates(const std::vector<Date>& dates) {
  std::string text;
  for (std::size_t i = 0; i < dates.size() && i < kShownDates; ++i)
    text += (i == 0 ? "" : ", ") + format_date(dates[i]);
  return dates.size() > kShownDates ? text + " …" : text;
}

Examined check(const Judged& judged) {
  const auto& promise = judged.contract.backup;
  const Retention kept = promise ? promise->retention : Retention{};
  const bool promised = kept.point_in_time > 0 || kept.nightly > 0 || kept.monthly > 0;
  if (auto verdict = not_judged(judged, promised ? "retention" : "", "retention is")) return *verdict;
  const Instant now = judged.observation.taken_at;
  const BackupFacts& facts = judged.observation.backups;
  Examined examined;
  if (kept.nightly > 0 && promise->logical != "weekly") {
    const auto missing =
        retention::missing_nights(facts.logical, std::string(judged.observation.server.database), kept.nightly,
                                  made_at(judged.observation).value_or(now - days(kept.nightly)), now);
    if (!missing.empty())
      examined.findings.push_back(backup_finding(
          "logical",
          fmt::format("{} of the last {} days have none: {}", missing.size(), kept.nightly, shown_dates(missing))));
  }
  const auto holdings = holdings_of(facts, now);
  const auto goes = retention::solve(holdings, kept, promise->holds, now - kGrace);
  const auto add_overdue = [&](const std::vector<retention::Decision>& decisions) {
    for (const auto& decision : decisions)
      if (!decision.stays && decision.at < now - kGrace)
        examined.findings.push_back(backup_finding(decision.name,
                                                   "nothing promised needs it any more, and it is still "
                                                   "there: pgcontract backup prune"));
  };
  add_overdue(goes.base);
  add_overdue(goes.logical);
  examined.examined =
      fmt::format("{}, {}", counted(facts.base.size(), "base backup"), counted(facts.logical.size(), "logical backup"));
  return examined;
}

}  // namespace

const Clause kBackupRetention = {
    .id = "backup.retention",
    .title = "old backups are kept as long as promised, and no longer",
    .sentence = "Nightly logical backups with pg_dump stored in MinIO (sm-backups/postgres/).",
    .why =
        "Too few and the mistake found in March cannot be undone; too many and deleted personal data is still there. "
        "What "
        "goes and what stays is solved over what backups need of each other: `pgcontract backup prune --dry-run`.",
    .needs = {Fact::Server},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
