#include "retention/retention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pgcontract::retention {
namespace {

using std::chrono::days;
using std::chrono::hours;

// A backup that is being taken right now has no sentinel yet, and its WAL no backup: neither is touched before this.
constexpr hours kInProgress{24};

struct YearMonth {
  int year;
  unsigned month;
  auto operator<=>(const YearMonth&) const = default;
};
YearMonth month_of(Instant instant) {
  const Date date = date_of(instant);
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month())};
}

class Solver {
 public:
  Solver(const Holdings& holdings, const Retention& retention, const std::vector<Hold>& holds, Instant now)
      : holdings_(holdings), retention_(retention), holds_(holds), now_(now) {
    for (const auto& timeline : holdings.timelines) timelines_.emplace(timeline.id, timeline);
    base_reasons_.resize(holdings.base.size());
    logical_reasons_.resize(holdings.logical.size());
  }

  Solution solve() {
    keep_base();
    keep_logical();
    Solution solution;
    solution.wal_before = now_ - kInProgress;
    // Without a length promised, every moment since the oldest backup that stays can be restored.
    solution.all_wal = holdings_.base.empty() || !touches_base();
    if (!solution.all_wal) keep_wal(solution);
    decide(solution);
    return solution;
  }

 private:
  bool touches_base() const { return retention_.point_in_time > 0 || retention_.monthly > 0; }
  bool touches_logical() const { return retention_.nightly > 0 || retention_.monthly > 0; }
  Instant before(int count) const { return now_ - days(count); }

  std::string hold_on(const std::string& name) const {
    for (const auto& hold : holds_)
      if (hold.backup == name && (!hold.until || *hold.until >= date_of(now_)))
        return fmt::format("held{}: {}", hold.by.empty() ? "" : " by " + hold.by, hold.reason);
    return {};
  }

  void keep(std::size_t base, std::string reason) { base_reasons_[base].push_back(std::move(reason)); }

  // Whether `ancestor` at `lsn` is on the way that leads to timeline `of`: its own, or one that it came from before it
  // was left. Where a history is not there, anything may have come from anywhere.
  bool leads_to(std::uint32_t ancestor, Lsn lsn, std::uint32_t of) const {
    Lsn left_at = 0;  // 0: not left
    for (std::uint32_t at = of, steps = 0; steps <= timelines_.size() + 1; ++steps) {
      if (at == ancestor) return left_at == 0 || lsn < left_at;
      const auto found = timelines_.find(at);
      const bool known = found != timelines_.end() && (found->second.parent != 0 || at == 1);
      if (!known) return ancestor < at;
      if (found->second.parent == 0) return false;
      left_at = left_at == 0 ? found->second.forked_at : std::min(left_at, found->second.forked_at);
      at = found->second.parent;
    }
    return true;  // a history that goes in a circle tells nothing
  }

  // The backup from which every moment of the window on `timeline` is restored.
  std::optional<std::size_t> anchor(std::uint32_t timeline, Instant window) const {
    std::optional<std::size_t> newest, oldest;
    for (std::size_t i = 0; i < holdings_.base.size(); ++i) {
      const BaseBackup& backup = holdings_.base[i];
      if (!backup.problem.empty() || !leads_to(backup.timeline, backup.finish_lsn, timeline)) continue;
      if (!oldest || backup.finished_at < holdings_.base[*oldest].finished_at) oldest = i;
      if (backup.finished_at > window) continue;
      if (!newest || holdings_.base[*newest].finished_at < backup.finished_at) newest = i;
    }
    return newest ? newest : oldest;
  }

  void keep_base() {
    std::optional<std::size_t> newest, proven;
    for (std::size_t i = 0; i < holdings_.base.size(); ++i) {
      const BaseBackup& backup = holdings_.base[i];
      if (!touches_base()) keep(i, "no retention of base backups is promised");
      if (backup.permanent) keep(i, "it is permanent");
      if (auto hold = hold_on(backup.name); !hold.empty()) keep(i, std::move(hold));
      if (backup.finished_at > now_ - kInProgress) keep(i, "it is of the last day");
      if (!backup.problem.empty()) continue;
      if (!newest || holdings_.base[*newest].finished_at <= backup.finished_at) newest = i;
      if (backup.proven_at && (!proven || holdings_.base[*proven].finished_at <= backup.finished_at)) proven = i;
    }
    if (newest) keep(*newest, "it is the newest");
    if (proven) keep(*proven, "it is the newest that a drill has proven");
    keep_window();
    keep_months(
        holdings_.base.size(), [&](std::size_t i) { return holdings_.base[i].finished_at; },
        [&](std::size_t i) { return holdings_.base[i].problem.empty(); }, base_reasons_);
    keep_parents();
  }

  void keep_window() {
    if (retention_.point_in_time == 0) return;
    const Instant window = before(retention_.point_in_time);
    for (std::size_t i = 0; i < holdings_.base.size(); ++i)
      if (holdings_.base[i].finished_at >= window)
        keep(i, fmt::format("it is of the last {} days", retention_.point_in_time));
    for (const auto& [id, timeline] : timelines_) {
      if (timeline.newest < window) continue;  // nothing of the window happened on it
      if (const auto at = anchor(id, window)) {
        if (base_reasons_[*at].empty())
          keep(*at, fmt::format("restores of the last {} days begin with it", retention_.point_in_time));
        anchors_.insert(*at);
      }
    }
  }

  template <typename At, typename Good>
  void keep_months(std::size_t count, const At& at, const Good& good, std::vector<std::vector<std::string>>& reasons) {
    if (retention_.monthly == 0) return;
    std::map<YearMonth, std::size_t> first;
    for (std::size_t i = 0; i < count; ++i) {
      if (!good(i) || at(i) < before(retention_.monthly)) continue;
      const auto [place, added] = first.emplace(month_of(at(i)), i);
      if (!added && at(i) < at(place->second)) place->second = i;
    }
    for (const auto& [month, i] : first)
      reasons[i].push_back(fmt::format("it is the first of {}-{:02}", month.year, month.month));
  }

  // A delta is nothing without what it is a delta of.
  void keep_parents() {
    std::map<std::string, std::size_t, std::less<>> by_name;
    for (std::size_t i = 0; i < holdings_.base.size(); ++i) by_name.emplace(holdings_.base[i].name, i);
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < holdings_.base.size(); ++i) {
        const auto parent = by_name.find(holdings_.base[i].delta_from);
        if (base_reasons_[i].empty() || parent == by_name.end() || !base_reasons_[parent->second].empty()) continue;
        keep(parent->second, fmt::format("{} is a delta of it", holdings_.base[i].name));
        more = true;
      }
    }
  }

  void keep_logical() {
    const auto& logical = holdings_.logical;
    const auto whole = [&](std::size_t i) { return logical[i].problem.empty() && logical[i].tenant.empty(); };
    std::map<std::string, std::size_t> newest;                                  // of each database
    std::map<std::pair<std::string, std::chrono::sys_days>, std::size_t> days;  // and of each day of it
    for (std::size_t i = 0; i < logical.size(); ++i) {
      auto& reasons = logical_reasons_[i];
      const Instant at = logical[i].started_at;
      // What never ended is no backup, and no promise is needed to let it go.
      const bool ended = logical[i].finished_at != Instant{};
      if (!touches_logical() && ended) reasons.emplace_back("no retention of logical backups is promised");
      if (auto hold = hold_on(logical[i].id); !hold.empty()) reasons.push_back(std::move(hold));
      if (at > now_ - kInProgress) reasons.emplace_back("it is of the last day");
      // Of one tenant: somebody took it for a reason of its own; it ages as a nightly does.
      if (!logical[i].tenant.empty() && logical[i].problem.empty() && at >= before(retention_.nightly))
        reasons.push_back(fmt::format("it is of the last {} days", retention_.nightly));
      if (!whole(i)) continue;
      if (const auto [place, added] = newest.emplace(logical[i].database, i);
          !added && logical[place->second].started_at <= at)
        place->second = i;
      if (at < before(retention_.nightly)) continue;
      const std::pair day{logical[i].database, std::chrono::floor<std::chrono::days>(at)};
      if (const auto [place, added] = days.emplace(day, i); !added && logical[place->second].started_at <= at)
        place->second = i;
    }
    for (const auto& [database, i] : newest) logical_reasons_[i].emplace_back("it is the newest");
    for (const auto& [day, i] : days)
      logical_reasons_[i].push_back(fmt::format("it is the last of {}", format_date(Date(day.second))));
    std::set<std::string> databases;
    for (const auto& [database, i] : newest) databases.insert(database);
    for (const auto& database : databases)
      keep_months(
          logical.size(), [&](std::size_t i) { return logical[i].started_at; },
          [&](std::size_t i) { return whole(i) && logical[i].database == database; }, logical_reasons_);
  }

  void keep_wal(Solution& solution) {
    Lsn oldest_start = 0;
    for (std::size_t i = 0; i < holdings_.base.size(); ++i) {
      if (base_reasons_[i].empty()) continue;
      const BaseBackup& backup = holdings_.base[i];
      oldest_start = oldest_start == 0 ? backup.start_lsn : std::min(oldest_start, backup.start_lsn);
      solution.wal.push_back({backup.timeline, backup.start_lsn, std::max(backup.finish_lsn, backup.start_lsn) + 1,
                              fmt::format("{} needs it", backup.name)});
      // Where no length is promised, nor can a moment be said that is too old.
      if (retention_.point_in_time == 0 || anchors_.contains(i)) keep_since(backup, solution);
    }
    for (const auto& backup : holdings_.unfinished)
      if (backup.newest > now_ - kInProgress)
        for (const auto& [id, timeline] : timelines_)
          if (leads_to(backup.timeline, backup.start_lsn, id))
            solution.wal.push_back({id, backup.start_lsn, 0, fmt::format("{} may be running", backup.name)});
  }

  // All that was written since the backup, along every timeline that leads on from it.
  void keep_since(const BaseBackup& backup, Solution& solution) const {
    bool own = false;
    for (const auto& [id, timeline] : timelines_) {
      if (!leads_to(backup.timeline, backup.start_lsn, id)) continue;
      own = own || id == backup.timeline;
      solution.wal.push_back({id, backup.start_lsn, 0, fmt::format("restores that begin with {}", backup.name)});
    }
    if (!own)
      solution.wal.push_back(
          {backup.timeline, backup.start_lsn, 0, fmt::format("restores that begin with {}", backup.name)});
  }

  void decide(Solution& solution) const {
    for (std::size_t i = 0; i < holdings_.base.size(); ++i) {
      const BaseBackup& backup = holdings_.base[i];
      Decision decision{backup.name, !base_reasons_[i].empty(), base_reasons_[i], backup.compressed_bytes,
                        backup.finished_at};
      if (!decision.stays) decision.reasons = {backup.problem.empty() ? "nothing promised needs it" : backup.problem};
      solution.base.push_back(std::move(decision));
    }
    for (const auto& backup : holdings_.unfinished) {
      const bool running = backup.newest > now_ - kInProgress;
      solution.base.push_back({backup.name,
                               running,
                               {running ? "it may be running" : "it did not end: it has no sentinel"},
                               0,
                               backup.newest});
    }
    for (std::size_t i = 0; i < holdings_.logical.size(); ++i) {
      const LogicalBackup& backup = holdings_.logical[i];
      Decision decision{backup.id, !logical_reasons_[i].empty(), logical_reasons_[i], backup.bytes, backup.started_at};
      if (!decision.stays) decision.reasons = {backup.problem.empty() ? "nothing promised needs it" : backup.problem};
      solution.logical.push_back(std::move(decision));
    }
    std::ranges::stable_sort(solution.base, {}, &Decision::at);
    std::ranges::stable_sort(solution.logical, {}, &Decision::at);
  }

  const Holdings& holdings_;
  const Retention& retention_;
  const std::vector<Hold>& holds_;
  Instant now_;
  std::map<std::uint32_t, Timeline> timelines_;
  std::vector<std::vector<std::string>> base_reasons_, logical_reasons_;
  std::set<std::size_t> anchors_;
};

}  // namespace

bool Solution::keeps(std::uint32_t timeline, Lsn segment_start, Lsn segment_end, Instant stored_at) const {
  if (all_wal || stored_at >= wal_before) return true;
  return std::ranges::any_of(wal, [&](const KeptWal& kept) {
    return kept.timeline == timeline && segment_end > kept.from && (kept.to == 0 || segment_start < kept.to);
  });
}

Solution solve(const Holdings& holdings, const Retention& retention, const std::vector<Hold>& holds, Instant now) {
  return Solver(holdings, retention, holds, now).solve();
}

std::vector<Date> missing_nights(const std::vector<LogicalBackup>& logical, const std::string& database, int nights,
                                 Instant since, Instant now) {
  std::set<std::chrono::sys_days> there;
  for (const auto& backup : logical)
    if (backup.problem.empty() && backup.tenant.empty() && backup.database == database)
      there.insert(std::chrono::floor<days>(backup.started_at));
  std::vector<Date> missing;
  // Today's may still come, and so may that of the day on which all began.
  const auto today = std::chrono::floor<days>(now);
  for (auto day = std::max(today - days(nights), std::chrono::floor<days>(since) + days(1)); day < today;
       day += days(1))
    if (!there.contains(day)) missing.emplace_back(day);
  return missing;
}

}  // namespace pgcontract::retention
