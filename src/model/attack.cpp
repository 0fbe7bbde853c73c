#include "model/attack.hpp"

#include <algorithm>

namespace pgcontract {

std::string_view to_string(AttackResult result) {
  switch (result) {
    case AttackResult::Refused: return "refused";
    case AttackResult::Succeeded: return "succeeded";
    case AttackResult::Residual: return "residual";
    case AttackResult::NotJudged: return "not_judged";
  }
  return "not_judged";
}

int AttackRun::count(AttackResult result) const {
  return static_cast<int>(std::ranges::count(outcomes, result, &AttackOutcome::result));
}

}  // namespace pgcontract
