#include "model/step.hpp"

#include <algorithm>

namespace pgcontract {

std::string_view to_string(Risk risk) {
  switch (risk) {
    case Risk::None: return "none";
    case Risk::Lock: return "lock";
    case Risk::Data: return "data";
  }
  return "none";
}

std::string_view to_string(StepState state) {
  switch (state) {
    case StepState::Done: return "done";
    case StepState::Unneeded: return "unneeded";
    case StepState::Failed: return "failed";
    case StepState::NotRun: return "not_run";
  }
  return "not_run";
}

int Application::count(StepState state) const {
  return static_cast<int>(std::ranges::count(outcomes, state, &Outcome::state));
}

}  // namespace pgcontract
