#pragma once
// One attack at one site: sends its steps, gathers what the sessions print, and tells what became of it. Opens its own
// sessions and closes them. One thread.

#include "attack/site.hpp"

namespace pgcontract::attack {

// An Error only where the site itself is out of reach; everything else is the outcome.
Result<AttackOutcome> run_attack(const Site& site, const Attack& attack, bool accepted);

}  // namespace pgcontract::attack
