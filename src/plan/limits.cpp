// The limits of a tenant's role (tenancy.limits). Onboarding gives them with the role; the remedy gives them again.
#include <fmt/format.h>

#include "plan/draft.hpp"
#include "tenancy/limits.hpp"

namespace pgcontract::plan {

void add_limits(const Draft& draft, const Uuid& tenant, Step& step) {
  const Contract& contract = draft.contract();
  const ServerFacts& server = draft.observation().server;
  const std::string role = quoted(contract.tenancy->role_of(tenant));
  if (const int connections = contract.tenancy->limits.connections; connections >= 0)
    step.statements.push_back(fmt::format("ALTER ROLE {} CONNECTION LIMIT {}", role, connections));
  for (const auto& limit : tenancy::role_limits(contract))
    if (tenancy::is_known_to(server, limit) && tenancy::may_be_given(draft.observation(), limit))
      step.statements.push_back(fmt::format("ALTER ROLE {} IN DATABASE {} SET {} = {}", role, quoted(server.database),
                                            limit.parameter, quoted_literal(limit.value)));
}

void mend_limits(const Finding& finding, Draft& draft) {
  const auto tenant = draft.contract().tenancy->tenant_of_role(finding.subject.name);
  if (!tenant) return draft.add_manual(finding);
  Step step;
  step.tenant = *tenant;
  step.object = "role " + quoted(finding.subject.name);
  step.reason = "one tenant may not use up the connections, the time and the disk of all";
  step.lock = "none";
  step.undo = "ALTER ROLE with the limits it had";
  add_limits(draft, *tenant, step);
  draft.add(Phase::Tenants, finding, std::move(step));
}

}  // namespace pgcontract::plan
