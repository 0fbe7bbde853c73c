// Every rule can fail and can hold: its own examples show both.
#include <gtest/gtest.h>

#include <set>

#include "lint/examples.hpp"
#include "lint/rule.hpp"

namespace pgcontract::lint {
namespace {

TEST(Rules, HaveAnIdATitleAReasonAndAWayOut) {
  std::set<std::string_view> ids;
  for (const Rule& rule : rules()) {
    EXPECT_TRUE(rule.id.starts_with("lint.")) << rule.id;
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_FALSE(rule.title.empty() || rule.why.empty() || rule.instead.empty()) << rule.id;
    const int checks =
        (rule.act != nullptr) + (rule.revision != nullptr) + (rule.table != nullptr) + (rule.history != nullptr);
    EXPECT_TRUE(checks > 0 || rule.id == kWaiversRule || rule.id == kObservedRule) << rule.id << " has no check";
  }
}

TEST(Rules, BreakAndHoldAsTheirExamplesSay) {
  for (const Rule& rule : rules()) {
    bool breaks = false;
    bool holds = false;
    for (const auto& example : examples_of(rule.id)) {
      (example.breaks ? breaks : holds) = true;
      const Verdicts verdicts = judge_example(example);
      const ClauseResult* result = verdicts.find(rule.id);
      ASSERT_TRUE(result) << rule.id;
      std::string found;
      for (const auto& finding : result->findings)
        found += finding.subject.label() + ": " + finding.message + " at " + finding.where + "\n";
      EXPECT_EQ(!result->findings.empty(), example.breaks) << rule.id << ": " << example.title << "\n" << found;
    }
    EXPECT_TRUE(breaks) << rule.id << " has no example that breaks it";
    EXPECT_TRUE(holds) << rule.id << " has no example that holds";
  }
}

}  // namespace
}  // namespace pgcontract::lint
