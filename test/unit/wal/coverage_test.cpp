#include "wal/coverage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace pgcontract::wal {
namespace {

constexpr std::uint64_t kSize = walg::kDefaultSegmentSize;

Instant at(std::uint64_t second) { return Instant{std::chrono::seconds(second)}; }

BaseBackup backup(std::uint32_t timeline, std::uint64_t first, std::uint64_t last) {
  BaseBackup made;
  made.name = walg::backup_name(walg::segment_name({timeline, first}, kSize));
  made.timeline = timeline;
  made.start_lsn = first * kSize + 40;
  made.finish_lsn = last * kSize + 304;
  made.finished_at = at(first);
  return made;
}

Inventory with(std::uint32_t timeline, std::initializer_list<std::uint64_t> numbers, Inventory inventory = {}) {
  for (const auto number : numbers) inventory.add({timeline, number}, at(100 + number));
  return inventory;
}

TEST(Coverage, OneTimelineWithoutAHole) {
  const std::vector backups = {backup(1, 3, 3), backup(1, 5, 6)};
  const auto found = coverage(with(1, {1, 2, 3, 4, 5, 6, 7}), backups, {});
  ASSERT_EQ(found.windows.size(), 1U);
  EXPECT_EQ(found.windows[0].span.from, 3 * kSize + 304);
  EXPECT_EQ(found.windows[0].span.to, 8 * kSize);
  EXPECT_EQ(found.windows[0].span.from_time, at(3));
  EXPECT_EQ(found.windows[0].span.to_time, at(107));
  EXPECT_EQ(found.windows[0].backups.size(), 2U);
  EXPECT_TRUE(found.gaps.empty());
}

TEST(Coverage, AHoleSplitsAndIsToldOnce) {
  const std::vector backups = {backup(1, 2, 2), backup(1, 3, 3), backup(1, 7, 7)};
  const auto found = coverage(with(1, {2, 3, 4, 7, 8}), backups, {});
  ASSERT_EQ(found.windows.size(), 2U);
  EXPECT_EQ(found.windows[0].span.to, 5 * kSize);
  EXPECT_EQ(found.windows[1].span.from, 7 * kSize + 304);
  ASSERT_EQ(found.gaps.size(), 1U);
  EXPECT_EQ(found.gaps[0].span.from, 5 * kSize);
  EXPECT_EQ(found.gaps[0].span.to, 7 * kSize);
  EXPECT_EQ(found.gaps[0].span.from_time, at(104));
  EXPECT_EQ(found.gaps[0].span.to_time, at(107));
  EXPECT_EQ(found.gaps[0].acknowledged, "");
}

TEST(Coverage, AGapIsAcknowledgedOnlyAsAWhole) {
  const std::vector backups = {backup(1, 2, 2)};
  const auto inventory = with(1, {2, 5});
  std::vector<AcknowledgedGap> known = {{1, "0/3000000", "0/5000000", "disk lost", "ops"}};
  EXPECT_EQ(coverage(inventory, backups, known).gaps.at(0).acknowledged, "ops: disk lost");
  known[0].to = "0/4FFFFFF";
  EXPECT_EQ(coverage(inventory, backups, known).gaps.at(0).acknowledged, "");
  known[0] = {2, "0/3000000", "0/5000000", "disk lost", "ops"};
  EXPECT_EQ(coverage(inventory, backups, known).gaps.at(0).acknowledged, "");
}

TEST(Coverage, ABackupWhoseOwnWalIsMissingBeginsNoWindow) {
  const std::vector backups = {backup(1, 2, 4)};
  const auto found = coverage(with(1, {2, 3, 5}), backups, {});
  EXPECT_TRUE(found.windows.empty());
  EXPECT_EQ(found.gaps.size(), 1U);
}

TEST(Coverage, ANewTimelineGoesOnFromItsParent) {
  auto inventory = with(2, {5, 6}, with(1, {2, 3, 4, 5, 6, 7}));
  inventory.histories[2] = {{1, 5 * kSize + 77}};
  const std::vector backups = {backup(1, 2, 2), backup(1, 6, 6)};
  const auto found = coverage(inventory, backups, {});
  ASSERT_EQ(found.windows.size(), 2U);
  EXPECT_EQ(found.windows[0].backups.size(), 2U);
  EXPECT_EQ(found.windows[1].span.timeline, 2U);
  EXPECT_EQ(found.windows[1].span.from, 5 * kSize + 77);
  EXPECT_EQ(found.windows[1].span.to, 7 * kSize);
  EXPECT_EQ(found.windows[1].backups, std::vector{backups[0].name});  // the other was taken after the switch
  EXPECT_TRUE(found.gaps.empty());
}

TEST(Coverage, AHistoryWithoutSegmentsIsNothing) {
  auto inventory = with(1, {2, 3});
  inventory.histories[9] = {{1, 3 * kSize}};
  const auto found = coverage(inventory, std::vector{backup(1, 2, 2)}, {});
  EXPECT_EQ(found.windows.size(), 1U);
  EXPECT_TRUE(found.gaps.empty());
}

// One segment after the other, as a server would ask for them.
struct Naive {
  std::set<walg::Segment> there;
  std::map<std::uint32_t, std::vector<Switch>> histories;

  walg::Segment name_of(std::uint32_t target, std::uint64_t number) const {
    std::uint32_t timeline = target;
    const auto history = histories.find(target);
    if (history == histories.end()) return {target, number};
    for (auto each = history->second.rbegin(); each != history->second.rend(); ++each) {
      if (number >= each->at / kSize) break;
      timeline = each->parent;
    }
    return {timeline, number};
  }
  // The first segment that a recovery along `target` from `from` on cannot have.
  std::uint64_t end_of(const BaseBackup& from, std::uint32_t target, std::uint64_t last) const {
    std::uint64_t number = from.start_lsn / kSize;
    while (number <= last && there.contains(name_of(target, number))) ++number;
    return number;
  }
  bool reaches(const BaseBackup& from, std::uint32_t target) const {
    if (from.timeline == target) return true;
    const auto history = histories.find(target);
    if (history == histories.end()) return false;
    return std::ranges::any_of(history->second, [&](const Switch& each) {
      return each.parent == from.timeline && from.finish_lsn <= each.at;
    });
  }
};

TEST(Coverage, AgreesWithOneThatAsksForEachSegment) {
  std::mt19937 random(20261123);
  const auto up_to = [&](std::uint64_t most) { return std::uniform_int_distribution<std::uint64_t>(0, most)(random); };
  for (int round = 0; round < 3000; ++round) {
    Naive naive;
    Inventory inventory;
    const std::uint64_t second = 6 + up_to(6), third = second + up_to(5);
    if (up_to(4) > 0) naive.histories[2] = {{1, second * kSize + up_to(1) * 500}};
    if (up_to(4) > 0) naive.histories[3] = {{1, second * kSize + 400}, {2, third * kSize + 900}};
    inventory.histories = naive.histories;
    for (std::uint32_t timeline = 1; timeline <= 3; ++timeline)
      for (std::uint64_t number = 1; number <= 22; ++number)
        if (up_to(12) > 0 && (timeline == 1 || number + 1 >= second)) {
          naive.there.insert({timeline, number});
          inventory.add({timeline, number}, at(number));
        }
    std::vector<BaseBackup> backups;
    for (std::uint64_t i = up_to(4); i > 0; --i) {
      const std::uint64_t first = 1 + up_to(18);
      backups.push_back(backup(static_cast<std::uint32_t>(1 + up_to(2)), first, first + up_to(2)));
      backups.back().name += std::to_string(i);
    }
    const auto found = coverage(inventory, backups, {});
    std::set<walg::Segment> missing;
    for (const auto& [target, runs] : inventory.runs) {
      const std::uint64_t last = runs.back().last;
      for (const auto& each : backups) {
        if (!naive.reaches(each, target)) continue;
        for (auto number = each.start_lsn / kSize; number <= last; ++number)
          if (const auto name = naive.name_of(target, number); !naive.there.contains(name)) missing.insert(name);
        const std::uint64_t end = naive.end_of(each, target, last);
        const auto window = std::ranges::find_if(found.windows, [&](const RestorableWindow& one) {
          return one.span.timeline == target && std::ranges::find(one.backups, each.name) != one.backups.end();
        });
        Lsn begin = each.finish_lsn;
        if (target != each.timeline) begin = naive.histories.at(target).back().at;
        const bool expected = end * kSize >= each.finish_lsn && end * kSize > begin;
        ASSERT_EQ(window != found.windows.end(), expected) << round << " " << each.name << " to " << target;
        if (expected) {
          ASSERT_EQ(window->span.to, end * kSize) << round;
          ASSERT_LE(window->span.from, begin) << round;
        }
      }
    }
    std::set<walg::Segment> told;
    for (const auto& gap : found.gaps)
      for (Lsn lsn = gap.span.from; lsn < gap.span.to; lsn += kSize)
        told.insert(walg::segment_of(gap.span.timeline, lsn, kSize));
    ASSERT_EQ(told, missing) << round;
  }
}

TEST(History, LinesOfAServer) {
  const auto read = parse_history("1\t0/5000098\tno recovery target specified\n\n2\t0/6000000\tbefore X\n", "h");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (std::vector<Switch>{{1, 0x5000098}, {2, 0x6000000}}));
  for (const auto* bad : {"", "x\t0/1\t\n", "1\tzero\n", "2\t0/5\n1\t0/6\n", "1\t0/6\n2\t0/5\n", "0\t0/1\n"})
    EXPECT_FALSE(parse_history(bad, "h")) << bad;
}

}  // namespace
}  // namespace pgcontract::wal
