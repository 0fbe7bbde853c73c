#include <fmt/format.h>

#include "command/list.hpp"
#include "command/tenant_state.hpp"
#include "plan/lifecycle.hpp"

namespace pgcontract::command {

Result<Report> run_tenant_suspend(const Arguments& arguments) {
  return change_state(arguments,
                      {"tenant suspend", "active", "suspended",
                       [](const Judged& view, std::span<const Uuid> ids) { return plan::suspend_tenants(view, ids); }});
}

}  // namespace pgcontract::command
