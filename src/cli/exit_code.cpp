#include "cli/exit_code.hpp"

namespace pgcontract::cli {
namespace {

// Unneeded counts as done: someone else did it, and the contract is what matters.
int exit_code(const Application& application, bool command_failed) {
  const int done = application.count(StepState::Done) + application.count(StepState::Unneeded);
  const int missing = application.count(StepState::Failed) + application.count(StepState::NotRun);
  if (missing == 0 && !command_failed) return kDone;
  return done > 0 ? kSomeFailed : kFailed;
}

}  // namespace

int exit_code(const Error& error) {
  switch (error.code) {
    case ErrorCode::Usage: return kUsage;
    case ErrorCode::Bug: return kBug;
    default: return kFailed;
  }
}

int exit_code(const Result<Report>& result) {
  if (!result) return exit_code(result.error());
  const Report& report = *result;
  if (report.error && exit_code(*report.error) != kFailed) return exit_code(*report.error);
  if (report.application) {
    const int code = exit_code(*report.application, report.error.has_value());
    if (code != kDone) return code;
  } else if (report.error) {
    return kFailed;
  }
  // Once a plan is applied its steps are done; what no step mends is still there.
  const bool steps_left = report.plan && !report.application && !report.plan->empty();
  const bool manual_left = report.plan && !report.plan->manual.empty();
  const bool broken = report.verdicts && report.verdicts->has_broken();
  const bool attacked = report.attacks && report.attacks->has_succeeded();
  const bool reached = report.proof && !report.proof->holds();
  const bool drifted = report.drift && report.drift->found();
  return steps_left || manual_left || broken || attacked || reached || drifted || report.finds ? kFindings : kDone;
}

}  // namespace pgcontract::cli
