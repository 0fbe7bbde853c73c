#include "retention/retention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace pgcontract::retention {
namespace {

using std::chrono::days;
using std::chrono::hours;

const Instant kNow{std::chrono::sys_days{std::chrono::year{2026} / 6 / 15} + hours(12)};
constexpr Lsn kSegment = Lsn{16} << 20;

BaseBackup base(const std::string& name, int days_ago, Lsn start, std::uint32_t timeline = 1) {
  BaseBackup backup;
  backup.name = name;
  backup.timeline = timeline;
  backup.start_lsn = start * kSegment + 40;
  backup.finish_lsn = start * kSegment + 4'000;
  backup.started_at = backup.finished_at = kNow - days(days_ago) - hours(1);
  return backup;
}

LogicalBackup logical(const std::string& id, int days_ago, const std::string& database = "d") {
  LogicalBackup backup;
  backup.id = id;
  backup.database = database;
  backup.started_at = backup.finished_at = kNow - days(days_ago) - hours(1);
  return backup;
}

std::set<std::string> staying(const std::vector<Decision>& decisions) {
  std::set<std::string> names;
  for (const auto& decision : decisions)
    if (decision.stays) names.insert(decision.name);
  return names;
}

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST(Retention, touches_nothing_that_is_not_promised) {
  Holdings holdings;
  holdings.base = {base("a", 900, 1), base("b", 400, 50)};
  holdings.logical = {logical("x", 900), logical("y", 400)};
  const auto solution = solve(holdings, {}, {}, kNow);
  EXPECT_EQ(staying(solution.base).size(), 2U);
  EXPECT_EQ(staying(solution.logical).size(), 2U);
  EXPECT_TRUE(solution.keeps(1, 0, kSegment, kNow - days(900)));
}

TEST(Retention, keeps_the_backup_with_which_the_window_begins_and_all_wal_since) {
  Holdings holdings;
  holdings.base = {base("old", 60, 10), base("anchor", 33, 20), base("new", 3, 90)};
  holdings.timelines = {{1, 0, 0, kNow}};
  const auto solution = solve(holdings, {.point_in_time = 30}, {}, kNow);
  EXPECT_THAT(staying(solution.base), UnorderedElementsAre("anchor", "new"));
  const Instant then = kNow - days(20);
  EXPECT_FALSE(solution.keeps(1, 10 * kSegment, 11 * kSegment, then));
  EXPECT_FALSE(solution.keeps(1, 19 * kSegment, 20 * kSegment, then));
  EXPECT_TRUE(solution.keeps(1, 20 * kSegment, 21 * kSegment, then));
  EXPECT_TRUE(solution.keeps(1, 55 * kSegment, 56 * kSegment, then));
}

TEST(Retention, keeps_of_a_monthly_backup_only_the_wal_that_makes_it_consistent) {
  Holdings holdings;
  holdings.base = {base("monthly", 100, 10), base("anchor", 33, 200)};
  holdings.timelines = {{1, 0, 0, kNow}};
  const auto solution = solve(holdings, {.point_in_time = 30, .monthly = 365}, {}, kNow);
  EXPECT_THAT(staying(solution.base), UnorderedElementsAre("monthly", "anchor"));
  const Instant then = kNow - days(90);
  EXPECT_TRUE(solution.keeps(1, 10 * kSegment, 11 * kSegment, then));
  EXPECT_FALSE(solution.keeps(1, 11 * kSegment, 12 * kSegment, then));
  EXPECT_FALSE(solution.keeps(1, 199 * kSegment, 200 * kSegment, then));
}

TEST(Retention, a_delta_keeps_what_it_is_a_delta_of) {
  Holdings holdings;
  holdings.base = {base("full", 90, 10), base("first", 80, 20), base("second", 2, 90)};
  holdings.base[1].delta_from = "full";
  holdings.base[2].delta_from = "first";
  holdings.timelines = {{1, 0, 0, kNow}};
  const auto solution = solve(holdings, {.point_in_time = 7}, {}, kNow);
  EXPECT_THAT(staying(solution.base), UnorderedElementsAre("full", "first", "second"));
}

TEST(Retention, permanent_and_held_and_proven_backups_stay_until_the_hold_ends) {
  Holdings holdings;
  holdings.base = {base("permanent", 900, 1), base("held", 800, 2), base("released", 700, 3),
                   base("proven", 600, 4),    base("gone", 500, 5), base("newest", 90, 6)};
  holdings.base[0].permanent = true;
  holdings.base[3].proven_at = kNow;
  const std::vector<Hold> holds = {{"held", "the audit", "legal", {}},
                                   {"released", "the audit", "legal", date_of(kNow - days(1))}};
  const auto solution = solve(holdings, {.point_in_time = 30}, holds, kNow);
  EXPECT_THAT(staying(solution.base), UnorderedElementsAre("permanent", "held", "proven", "newest"));
  EXPECT_THAT(solution.base[1].reasons, ElementsAre("held by legal: the audit"));
}

TEST(Retention, does_not_trust_a_broken_backup_with_the_window) {
  Holdings holdings;
  holdings.base = {base("whole", 50, 10), base("broken", 33, 20), base("new", 3, 90)};
  holdings.base[1].problem = "part_001.tar.zst is missing";
  holdings.timelines = {{1, 0, 0, kNow}};
  const auto solution = solve(holdings, {.point_in_time = 30}, {}, kNow);
  EXPECT_THAT(staying(solution.base), UnorderedElementsAre("whole", "new"));
  EXPECT_TRUE(solution.keeps(1, 12 * kSegment, 13 * kSegment, kNow - days(45)));
}

TEST(Retention, a_backup_that_may_be_running_keeps_its_wal_and_an_abandoned_one_nothing) {
  Holdings holdings;
  holdings.base = {base("old", 60, 10), base("anchor", 33, 20), base("new", 3, 90)};
  holdings.unfinished = {{"running", 1, 5 * kSegment, kNow - hours(2)},
                         {"abandoned", 1, 6 * kSegment, kNow - days(40)}};
  holdings.timelines = {{1, 0, 0, kNow}};
  const auto solution = solve(holdings, {.point_in_time = 30}, {}, kNow);
  EXPECT_THAT(staying(solution.base), UnorderedElementsAre("anchor", "new", "running"));
  EXPECT_TRUE(solution.keeps(1, 5 * kSegment, 6 * kSegment, kNow - days(3)));
  EXPECT_FALSE(solution.keeps(1, 4 * kSegment, 5 * kSegment, kNow - days(3)));
}

TEST(Retention, follows_the_timelines) {
  Holdings holdings;
  holdings.base = {base("a", 60, 10), base("b", 33, 20)};
  // 2 left 1 after b, 3 left 1 before it.
  holdings.timelines = {{1, 0, 0, kNow - days(31)}, {2, 1, 60 * kSegment, kNow}, {3, 1, 15 * kSegment, kNow}};
  const auto solution = solve(holdings, {.point_in_time = 30}, {}, kNow);
  EXPECT_THAT(staying(solution.base), UnorderedElementsAre("a", "b"));
  const Instant then = kNow - days(20);
  EXPECT_TRUE(solution.keeps(2, 60 * kSegment, 61 * kSegment, then));
  EXPECT_TRUE(solution.keeps(3, 15 * kSegment, 16 * kSegment, then));
  EXPECT_TRUE(solution.keeps(1, 12 * kSegment, 13 * kSegment, then)) << "the way from a to 3";
  EXPECT_FALSE(solution.keeps(1, 9 * kSegment, 10 * kSegment, then));
}

TEST(Retention, keeps_one_logical_backup_of_each_day_and_the_first_of_each_month) {
  Holdings holdings;
  holdings.logical = {logical("m", 75),      logical("m2", 74),      logical("d3", 3),
                      logical("d3later", 3), logical("tenant", 200), logical("other", 400, "e"),
                      logical("june", 13)};
  holdings.logical[3].started_at += std::chrono::minutes(10);
  holdings.logical[4].tenant = "t";
  const auto solution = solve(holdings, {.nightly = 30, .monthly = 365}, {}, kNow);
  EXPECT_THAT(staying(solution.logical), UnorderedElementsAre("m", "june", "d3later", "other"));
}

TEST(Retention, what_never_ended_goes_after_a_day_whatever_is_promised) {
  Holdings holdings;
  holdings.logical = {logical("old", 3), logical("young", 0)};
  for (auto& backup : holdings.logical) {
    backup.finished_at = {};
    backup.problem = "it did not end";
  }
  EXPECT_THAT(staying(solve(holdings, {}, {}, kNow).logical), UnorderedElementsAre("young"));
}

TEST(Retention, nights_without_a_backup) {
  const std::vector<LogicalBackup> there = {logical("a", 4), logical("b", 2), logical("c", 1)};
  const auto missing = missing_nights(there, "d", 30, kNow - days(6), kNow);
  ASSERT_EQ(missing.size(), 2U);
  EXPECT_EQ(format_date(missing[0]), "2026-06-10");
  EXPECT_EQ(format_date(missing[1]), "2026-06-12");
}

// Random histories of backups and switches of timelines. What could be restored before, and is promised, can be
// restored after.
class History {
 public:
  explicit History(unsigned seed) : random_(seed) {
    std::uint32_t current = 1;
    tracks_[1] = {1, 0, 0, kNow - days(120)};
    Lsn at = 1;
    for (int day = 120; day >= 0; --day) {
      at += 1 + pick(4);
      for (Lsn i = written_; i < at; ++i) wal_.insert({current, i, kNow - days(day)});
      written_ = at;
      tracks_[current].newest = kNow - days(day);
      if (pick(5) == 0) add_base(current, at, day);
      if (pick(40) == 0) current = fork(current, at);
    }
    for (const auto& [id, track] : tracks_) holdings.timelines.push_back(track);
  }

  struct File {
    std::uint32_t timeline;
    Lsn number;
    Instant stored;
    auto operator<=>(const File&) const = default;
  };

  // Whether some whole backup of `names` (empty: any), older than the moment, and all WAL from it to there, is in
  // `wal`.
  bool restorable(std::uint32_t timeline, Lsn number, Instant moment, const std::set<std::string>* names,
                  const std::set<std::pair<std::uint32_t, Lsn>>& wal) const {
    return std::ranges::any_of(holdings.base, [&](const BaseBackup& backup) {
      if (!backup.problem.empty() || backup.finished_at > moment) return false;
      if (names && !names->contains(backup.name)) return false;
      std::uint32_t at = timeline;
      for (Lsn need = number;; --need) {
        while (at != 1 && need < tracks_.at(at).forked_at / kSegment) at = tracks_.at(at).parent;
        if (need < backup.start_lsn / kSegment) return false;
        if (!wal.contains({at, need})) return false;
        if (at == backup.timeline && need == backup.start_lsn / kSegment) return true;
      }
    });
  }

  const std::set<File>& wal() const { return wal_; }
  Holdings holdings;
  unsigned pick(unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random_); }

 private:
  void add_base(std::uint32_t timeline, Lsn at, int day) {
    BaseBackup backup = base("base_" + std::to_string(day), day, at - 1, timeline);
    // It ends after what was written before it began was stored.
    backup.started_at = backup.finished_at = kNow - days(day) + hours(1);
    if (pick(8) == 0) backup.problem = "broken";
    if (pick(3) == 0 && !holdings.base.empty() && backup.problem.empty()) {
      backup.delta_from = holdings.base.back().problem.empty() ? holdings.base.back().name : "";
    }
    holdings.base.push_back(std::move(backup));
  }

  std::uint32_t fork(std::uint32_t current, Lsn& at) {
    const auto next = static_cast<std::uint32_t>(tracks_.size() + 1);
    // A promotion, or a restore to a while ago.
    const Lsn back = pick(2) == 0 ? 0 : std::min<Lsn>(pick(20), at - 2);
    const Lsn from = std::max(at - back, tracks_[current].forked_at / kSegment + 1);
    tracks_[next] = {next, current, from * kSegment, {}};
    at = from;
    written_ = from;
    return next;
  }

  std::mt19937 random_;
  std::map<std::uint32_t, Timeline> tracks_;
  std::set<File> wal_;
  Lsn written_ = 1;
};

TEST(RetentionProperty, whatever_the_history_nothing_promised_is_lost) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    History history(seed);
    const Retention retention{.point_in_time = static_cast<int>(5 + history.pick(60)),
                              .nightly = 0,
                              .monthly = history.pick(2) == 0 ? 0 : 200};
    const auto solution = solve(history.holdings, retention, {}, kNow);
    const auto names = staying(solution.base);
    std::set<std::pair<std::uint32_t, Lsn>> before, after;
    for (const auto& file : history.wal()) {
      before.insert({file.timeline, file.number});
      if (solution.keeps(file.timeline, file.number * kSegment, (file.number + 1) * kSegment, file.stored))
        after.insert({file.timeline, file.number});
    }
    std::size_t went = 0;
    for (const auto& backup : history.holdings.base) {
      if (!names.contains(backup.name)) {
        ++went;
        continue;
      }
      // Parents, and the WAL between start and stop.
      if (!backup.delta_from.empty()) EXPECT_TRUE(names.contains(backup.delta_from)) << seed;
      const std::pair own{backup.timeline, backup.start_lsn / kSegment};
      EXPECT_EQ(before.contains(own), after.contains(own)) << seed << " " << backup.name;
    }
    for (const auto& file : history.wal()) {
      if (file.stored < kNow - days(retention.point_in_time)) continue;
      if (history.restorable(file.timeline, file.number, file.stored, nullptr, before))
        EXPECT_TRUE(history.restorable(file.timeline, file.number, file.stored, &names, after))
            << "seed " << seed << ", timeline " << file.timeline << ", segment " << file.number << ", window "
            << retention.point_in_time;
    }
    if (retention.point_in_time < 20 && retention.monthly == 0 && history.holdings.base.size() > 12)
      EXPECT_GT(went, 0U) << "it also lets go, seed " << seed;
  }
}

}  // namespace
}  // namespace pgcontract::retention
