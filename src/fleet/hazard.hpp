#pragma once
// What a migration's statement locks and risks, by its first words: enough for a plan to say before anything runs. What
// a transaction really holds is looked at when the canary runs. Pure; any thread.

#include <string>
#include <string_view>

#include "model/step.hpp"

namespace pgcontract::fleet {

struct Hazard {
  std::string lock;  // "ACCESS EXCLUSIVE"; empty: none that another session of the application would meet
  Risk risk = Risk::None;
};
Hazard hazard_of(std::string_view statement);
// The stronger lock and the greater risk of the two.
Hazard worse(const Hazard& a, const Hazard& b);

}  // namespace pgcontract::fleet
