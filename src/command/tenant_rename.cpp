#include <fmt/format.h>

#include "command/bring.hpp"
#include "command/list.hpp"
#include "command/tenant_state.hpp"
#include "contract/tenant_file.hpp"
#include "plan/lifecycle.hpp"

namespace pgcontract::command {

Result<Report> run_tenant_rename(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const Uuid id, tenant_argument(arguments.positionals.at(0)));
  const std::string name = arguments.positionals.at(1);
  if (const auto wrong = contract::display_name_problem(name); !wrong.empty())
    return fail(ErrorCode::Usage, "NAME " + wrong);
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  PGC_TRY(const act::Options options, act_options(arguments, place, "tenant rename"));
  std::string before;
  const auto make_plan = [&](const World& world) -> Result<Plan> {
    const RegisteredTenant* tenant = living_tenant(world.observation, id);
    if (!tenant) return fail(no_such_tenant(world.observation, id));
    before = tenant->display_name;
    return before == name ? Plan{} : plan::rename_tenant(id, name);
  };
  PGC_TRY(Brought brought, carry_out(place, dsn, make_plan, options, arguments));
  Report report;
  report.command = "tenant rename";
  report.scene = scene_of(place, dsn.describe(), &brought.world);
  if (before == name) {
    report.notes = {fmt::format("tenant {} has this name already; nothing was changed", id.canonical())};
    return report;
  }
  report.application = std::move(brought.application);
  if (report.application->count(StepState::Failed) == 0)
    report.notes = {fmt::format("tenant {} was {} and is {} now; its schema and role keep their names", id.canonical(),
                                before, name)};
  return report;
}

}  // namespace pgcontract::command
