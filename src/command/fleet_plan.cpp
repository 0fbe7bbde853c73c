// A fleet's groups as a Plan: what `migrate plan` shows and `migrate up --dry-run` too.
#include <fmt/format.h>

#include <algorithm>

#include "command/fleet.hpp"
#include "fleet/message.hpp"
#include "lint/locks.hpp"

namespace pgcontract::command {
namespace {

constexpr std::size_t kNamesShown = 3;

std::string object_of(const Group& group) {
  const std::string rows = group.rows.empty() ? "the base" : fmt::format("{}", fmt::join(group.rows, ", "));
  if (group.application) return fmt::format("schema {} at {}", group.schemas.front().name, rows);
  std::string names;
  for (std::size_t i = 0; i < std::min(kNamesShown, group.schemas.size()); ++i)
    names += (names.empty() ? "" : ", ") + group.schemas[i].name;
  if (group.schemas.size() > kNamesShown) names += ", …";
  return fmt::format("{} tenants at {} ({})", group.schemas.size(), rows, names);
}

std::string reason_of(const Group& group, const fleet::Part& part, std::size_t number) {
  const std::string revisions = fmt::format("{}", fmt::join(part.revisions, ", "));
  const std::string which =
      fmt::format("part {} of {}, {}{}: {} {}", number + 1, group.script.parts.size(), part.recorded ? "recorded " : "",
                  to_string(part.mode), group.script.upgrade ? "upgrade" : "downgrade", revisions);
  return part.reason.empty() ? which : fmt::format("{}; {}", which, part.reason);
}

Step step_of(const Contract& contract, const Group& group, std::size_t number) {
  const fleet::Part& part = group.script.parts[number];
  const FleetSchema& first = group.schemas.front();
  fleet::Setting setting;
  setting.version_table = contract.migrations->version_table;
  const std::string table = fleet::qualified_table(first, setting);
  Step step;
  step.clause = group.application ? "migrations.at_head" : "migrations.tenants_in_step";
  step.object = object_of(group);
  step.reason = reason_of(group, part, number);
  step.transactional = part.mode == fleet::Mode::Transaction;
  step.undo = group.script.stamp     ? "pgcontract migrate stamp"
              : group.script.upgrade ? "pgcontract migrate down --job JOB"
                                     : "pgcontract migrate up";
  if (part.mode == fleet::Mode::Delegate) {
    const Migrations& migrations = *contract.migrations;
    step.program = Program{{migrations.command, "-c", migrations.config, "-n",
                            group.application ? migrations.application_section : migrations.tenant_section,
                            group.script.upgrade ? "upgrade" : "downgrade", part.target},
                           contract.tenancy ? contract.tenancy->roles.owner : "",
                           first.name};
    step.lock = "as the revision's statements take";
    step.risk = Risk::Lock;
    return step;
  }
  if (step.transactional && (number > 0 || first.has_table)) step.needed_if = fleet::guard(table, part.rows_before);
  std::vector<std::string> own;
  for (const auto& statement : part.statements)
    if (!statement.of_rows) own.push_back(statement.text);
  const auto hazards = lint::hazards_of(own);
  lint::Lock strongest = lint::Lock::None;
  auto hazard = hazards.begin();
  for (const auto& statement : part.statements) {
    step.statements.push_back(fleet::text_for(statement, table, first.tenant));
    step.effects.push_back(statement.of_rows ? "" : hazard->effect);
    if (statement.of_rows) continue;
    strongest = std::max(strongest, hazard->lock);
    step.risk = std::max(step.risk, hazard->risk);
    ++hazard;
  }
  step.lock = to_string(strongest);
  return step;
}

}  // namespace

Table modes_of(const std::vector<Group>& groups) {
  Table table{"revisions",
              {{"history", "HISTORY"},
               {"rows", "FROM"},
               {"schemas", "SCHEMAS"},
               {"revision", "REVISION"},
               {"mode", "MODE"},
               {"why", "WHY"}},
              {}};
  for (const auto& group : groups)
    for (const auto& part : group.script.stamp ? std::vector<fleet::Part>{} : group.script.parts)
      for (const auto& revision : part.revisions) {
        const char* mode = part.mode == fleet::Mode::Delegate ? "delegated" : part.recorded ? "recorded" : "rendered";
        table.rows.push_back({group.application ? "application" : "tenant", joined(group.rows).value_or("base"),
                              std::to_string(group.schemas.size()), revision, mode,
                              part.reason.empty() ? std::nullopt : std::optional(part.reason)});
      }
  // A revision that goes over several parts is one row.
  const auto repeated = std::ranges::unique(table.rows);
  table.rows.erase(repeated.begin(), repeated.end());
  return table;
}

Plan fleet_plan(const Contract& contract, const std::vector<Group>& groups, const fleet::Survey& survey) {
  Plan plan;
  for (const auto& group : groups) {
    const std::string clause = group.application ? "migrations.at_head" : "migrations.tenants_in_step";
    if (group.error) plan.manual.push_back({clause, object_of(group), group.error->message, group.error->hint});
    for (std::size_t i = 0; !group.error && i < group.script.parts.size(); ++i) {
      plan.steps.push_back(step_of(contract, group, i));
      plan.steps.back().number = static_cast<int>(plan.steps.size());
    }
  }
  for (const auto& schema : survey.tenants.unregistered)
    plan.manual.push_back({"migrations.tenants_in_step", "schema " + schema, "is of no registered tenant: left alone",
                           "pgcontract tenant add, or drop the schema"});
  return plan;
}

}  // namespace pgcontract::command
