#pragma once
// Steps that several acts on tenants share. Pure; private to plan/.

#include <string>
#include <string_view>

#include "model/clause.hpp"
#include "model/step.hpp"

namespace pgcontract::plan {

Step tenant_step(const Uuid& tenant, std::string_view clause, std::string reason);
Step suspension(const Judged& judged, const Uuid& tenant, std::string_view why);
Step termination(const Judged& judged, const Uuid& tenant);
// 1, 2, … in the order of the plan.
void number(Plan& plan);

}  // namespace pgcontract::plan
