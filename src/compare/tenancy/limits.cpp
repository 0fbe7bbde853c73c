// Limits of a tenant's role: how much of what all tenants share (connections, time, temporary files) one of them may
// take. They are attributes and settings of the role, so that they hold for every session that logs in as it, whatever
// program opened it, and for none that merely ran SET ROLE.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"
#include "tenancy/limits.hpp"

namespace pgcontract::compare {
namespace {

Subject role_subject(const Role& role) { return {"role", "", std::string(role.name), ""}; }

// "has statement_timeout 0, wanted 30s", or nothing.
std::string difference(const Role& role, const tenancy::RoleLimit& limit) {
  const auto held = tenancy::held_limit(role, limit.parameter);
  if (!held) return fmt::format("has no {}, wanted {}", limit.parameter, limit.value);
  if (tenancy::limit_value(limit.parameter, *held) == tenancy::limit_value(limit.parameter, limit.value)) return {};
  return fmt::format("has {} {}, wanted {}", limit.parameter, *held, limit.value);
}

std::string by_hand(const Judged& judged, const Role& role, const tenancy::RoleLimit& limit) {
  const ServerFacts& server = judged.observation.server;
  return fmt::format("ALTER ROLE {} IN DATABASE {} SET {} = {} -- as a superuser{}", quoted(role.name),
                     quoted(server.database), limit.parameter, quoted_literal(limit.value),
                     server.version_num < 150000 ? ""
                                                 : fmt::format(", or after: GRANT SET ON PARAMETER {} TO {}",
                                                               limit.parameter, quoted(server.current_role)));
}

void judge_role(const Judged& judged, const Role& role, const std::vector<tenancy::RoleLimit>& limits,
                std::vector<Finding>& findings) {
  const int wanted = judged.contract.tenancy->limits.connections;
  std::vector<std::string> wrong;
  if (wanted >= 0 && role.connection_limit != wanted)
    wrong.push_back(role.connection_limit < 0
                        ? fmt::format("has no CONNECTION LIMIT, wanted {}", wanted)
                        : fmt::format("has CONNECTION LIMIT {}, wanted {}", role.connection_limit, wanted));
  for (const auto& limit : limits) {
    const std::string text = difference(role, limit);
    if (text.empty()) continue;
    if (tenancy::may_be_given(judged.observation, limit))
      wrong.push_back(text);
    else
      findings.push_back(
          wording::finding(role_subject(role),
                           fmt::format("{}; {} may not give it", text, quoted(judged.observation.server.current_role)),
                           {"limits", "privileged"}, by_hand(judged, role, limit)));
  }
  if (!wrong.empty())
    findings.push_back(wording::finding(role_subject(role), fmt::format("{}", fmt::join(wrong, "; ")), {"limits"}));
}

// What the server does not know cannot be kept, and a promise that is not kept is not left out.
std::vector<tenancy::RoleLimit> judged_limits(const Judged& judged, std::vector<Finding>& findings) {
  std::vector<tenancy::RoleLimit> known;
  for (auto& limit : tenancy::role_limits(judged.contract)) {
    if (tenancy::is_known_to(judged.observation.server, limit)) {
      known.push_back(std::move(limit));
      continue;
    }
    findings.push_back(wording::finding(
        server_subject(),
        fmt::format("does not know {}, which the contract limits to {}", limit.parameter, limit.value),
        {"unknown_parameter"},
        fmt::format("PostgreSQL {} or newer, or no tenancy.limits.{}", limit.since_major, limit.parameter)));
  }
  return known;
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  Examined result;
  const auto limits = judged_limits(judged, result.findings);
  std::size_t roles = 0;
  for (const auto& tenant : tenancy::tenants(judged.contract, judged.observation)) {
    if (!tenant.registered || tenant.registered->state == "deleted" || !tenant.role) continue;
    ++roles;
    judge_role(judged, *tenant.role, limits, result.findings);
  }
  const std::size_t count = limits.size() + (judged.contract.tenancy->limits.connections < 0 ? 0 : 1);
  result.examined = count == 0 ? "the contract limits nothing"
                               : fmt::format("{} of {}", counted(count, "limit"), counted(roles, "tenant role"));
  return result;
}

}  // namespace

const Clause kTenancyLimits = {
    .id = "tenancy.limits",
    .title = "each tenant's role has its limits on connections, time and temporary files",
    .sentence = "Each tenant receives a dedicated schema (tenant_<id>) (design rule: and its share of the server).",
    .why =
        "Without limits on connections, time and temporary files one tenant's report is every tenant's outage. They "
        "stand on the role, so that they hold for every session that logs in as it. The connection limit and "
        "temp_file_limit bind the tenant. The timeouts are the session's to set: a tenant that writes its own SQL can "
        "lift statement_timeout, lock_timeout, transaction_timeout, idle_in_transaction_session_timeout and "
        "idle_session_timeout for itself, in a session or by ALTER ROLE on its own role (which this clause then "
        "finds); "
        "against such a tenant they are a default, not a wall. work_mem and others of their kind are not limited.",
    .needs = {Fact::Server, Fact::Roles, Fact::Parameters, Fact::Registry},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
