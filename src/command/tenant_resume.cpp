#include <fmt/format.h>

#include "command/list.hpp"
#include "command/tenant_state.hpp"
#include "plan/lifecycle.hpp"

namespace pgcontract::command {

Result<Report> run_tenant_resume(const Arguments& arguments) {
  return change_state(arguments,
                      {"tenant resume", "suspended", "active",
                       [](const Judged& view, std::span<const Uuid> ids) { return plan::resume_tenants(view, ids); }});
}

}  // namespace pgcontract::command
