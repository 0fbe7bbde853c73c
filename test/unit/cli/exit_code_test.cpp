#include "cli/exit_code.hpp"

#include <gtest/gtest.h>

namespace pgcontract::cli {
namespace {

Outcome outcome(StepState state) {
  Outcome each;
  each.state = state;
  return each;
}

Report applied(std::initializer_list<StepState> states) {
  Report report;
  report.application.emplace();
  for (const auto state : states) report.application->outcomes.push_back(outcome(state));
  return report;
}

Report judged(Verdict verdict) {
  Report report;
  ClauseResult clause;
  clause.verdict = verdict;
  report.verdicts = Verdicts{{clause}};
  return report;
}

Report planned(int steps, int manual) {
  Report report;
  report.plan.emplace();
  report.plan->steps.resize(static_cast<std::size_t>(steps));
  report.plan->manual.resize(static_cast<std::size_t>(manual));
  return report;
}

Error error(ErrorCode code) { return {code, "m", "", "", "", {}}; }

TEST(ExitCode, follows_the_verdicts) {
  EXPECT_EQ(exit_code(Result<Report>(Report{})), 0);
  EXPECT_EQ(exit_code(Result<Report>(judged(Verdict::Holds))), 0);
  EXPECT_EQ(exit_code(Result<Report>(judged(Verdict::Waived))), 0);
  EXPECT_EQ(exit_code(Result<Report>(judged(Verdict::Unknown))), 0);
  EXPECT_EQ(exit_code(Result<Report>(judged(Verdict::Broken))), 1);
}

TEST(ExitCode, follows_the_attacks) {
  Report report;
  auto& run = report.attacks.emplace();
  run.outcomes.resize(2);
  run.outcomes[0].result = AttackResult::Refused;
  run.outcomes[1].result = AttackResult::Residual;
  EXPECT_EQ(exit_code(Result<Report>(report)), 0);
  run.outcomes[1].result = AttackResult::NotJudged;
  EXPECT_EQ(exit_code(Result<Report>(report)), 0);
  run.outcomes[1].result = AttackResult::Succeeded;
  EXPECT_EQ(exit_code(Result<Report>(report)), 1);
}

TEST(ExitCode, a_plan_is_empty_or_has_findings) {
  EXPECT_EQ(exit_code(Result<Report>(planned(0, 0))), 0);
  EXPECT_EQ(exit_code(Result<Report>(planned(1, 0))), 1);
  EXPECT_EQ(exit_code(Result<Report>(planned(0, 1))), 1);
}

TEST(ExitCode, an_application_tells_some_from_all) {
  using enum StepState;
  EXPECT_EQ(exit_code(Result<Report>(applied({}))), 0);
  EXPECT_EQ(exit_code(Result<Report>(applied({Done, Unneeded}))), 0);
  EXPECT_EQ(exit_code(Result<Report>(applied({Done, Failed}))), 3);
  EXPECT_EQ(exit_code(Result<Report>(applied({Unneeded, NotRun}))), 3);
  EXPECT_EQ(exit_code(Result<Report>(applied({Failed, NotRun}))), 4);
}

TEST(ExitCode, an_application_hides_neither_what_is_left_nor_an_error) {
  using enum StepState;
  auto report = applied({Done});
  report.plan = planned(1, 0).plan;  // the steps that were taken
  EXPECT_EQ(exit_code(Result<Report>(report)), 0);
  report.plan->manual.resize(1);
  EXPECT_EQ(exit_code(Result<Report>(report)), 1);
  report = applied({Done});
  report.verdicts = judged(Verdict::Broken).verdicts;
  EXPECT_EQ(exit_code(Result<Report>(report)), 1);
  report.error = error(ErrorCode::Cancelled);
  EXPECT_EQ(exit_code(Result<Report>(report)), 3);
  report = applied({});
  report.error = error(ErrorCode::LockTimeout);
  EXPECT_EQ(exit_code(Result<Report>(report)), 4);
}

TEST(ExitCode, errors_are_usage_bug_or_failure_wherever_they_are_reported) {
  for (const auto& [code, expected] :
       {std::pair{ErrorCode::Usage, 2}, {ErrorCode::Bug, 70}, {ErrorCode::Unreachable, 4}, {ErrorCode::Io, 4}}) {
    EXPECT_EQ(exit_code(Result<Report>(fail(error(code)))), expected);
    auto report = judged(Verdict::Broken);
    report.error = error(code);
    EXPECT_EQ(exit_code(Result<Report>(report)), expected);
  }
}

}  // namespace
}  // namespace pgcontract::cli
