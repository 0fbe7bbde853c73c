#include "tenancy/row_guard.hpp"

#include <algorithm>

#include "tenancy/design.hpp"

namespace pgcontract::tenancy {
namespace {

// Whether an expression is the binding, asked as design.hpp asks it.
bool is_bound(const Contract& contract, Text expression) {
  Policy policy;
  policy.permissive = false;
  policy.roles = {0};
  policy.using_expression = expression;
  return is_binding(contract, policy);
}

// Both texts a policy has a say with: the rows it lets a command see, and those it lets it write.
enum class Side { See, Write };

Text expression_of(const Policy& policy, Side side) {
  return side == Side::Write && !policy.check_expression.empty() ? policy.check_expression : policy.using_expression;
}

// What an open permissive policy asks of a session, as far as its text tells: nothing ("true"), or a setting that the
// tenants' column is compared with.
struct Ask {
  bool plain = false;
  std::string setting;
};

Ask ask_of(const Contract& contract, Text expression) {
  if (expression == "true") return {true, ""};
  constexpr Text kCall = "current_setting('";
  const auto at = expression.find(kCall);
  if (at == Text::npos || expression.find(" AND ") != Text::npos) return {};
  const std::string column = "(" + quoted(contract.tenancy->shared_column) + " = ";
  if (!expression.starts_with(column) && !expression.starts_with("(" + column)) return {};
  const Text rest = expression.substr(at + kCall.size());
  return {true, std::string(rest.substr(0, rest.find('\'')))};
}

void judge_side(const Contract& contract, const std::vector<const Policy*>& policies, Side side, Judgement& verdict) {
  bool any_permissive = false, all_bound = true, restricted = false;
  Judgement open{Guard::Open, false, {}, {}, false};
  for (const Policy* policy : policies) {
    const Text expression = expression_of(*policy, side);
    const bool bound = is_bound(contract, expression);
    if (!policy->permissive) {
      if (bound) return;  // ANDed with whatever else there is
      const Ask ask = ask_of(contract, expression);
      restricted = restricted || !ask.plain;
      if (!ask.setting.empty()) open.settings.push_back(ask.setting);
      continue;
    }
    any_permissive = true;
    all_bound = all_bound && bound;
    const Ask ask = ask_of(contract, expression);
    if (bound || (open.certain && !ask.plain)) continue;
    open.certain = open.certain || ask.plain;
    open.policy = policy->name;
    if (!ask.setting.empty()) open.settings.push_back(ask.setting);
  }
  if (!any_permissive || all_bound) return;  // without a permissive policy no row is seen
  open.certain = open.certain && !restricted;
  if (verdict.guard == Guard::Holds || (open.certain && !verdict.certain)) verdict = open;
}

}  // namespace

Judgement judge_rows(const Contract& contract, const Observation& observation, const Relation& table, char command,
                     const Reader& reader) {
  if (reader.bypasses) return {Guard::Bypass, true, {}, {}, false};
  if (!table.rls_enabled) return {Guard::Off, true, {}, {}, false};
  if (!table.rls_forced && reader.has_role(table.owner)) return {Guard::Owner, true, {}, {}, false};
  std::vector<const Policy*> policies;
  for (const auto& policy : observation.policies_of(table.oid))
    if ((policy.command == '*' || policy.command == command) && std::ranges::any_of(policy.roles, reader.has_role))
      policies.push_back(&policy);
  Judgement verdict;
  if (command != 'a') judge_side(contract, policies, Side::See, verdict);
  const bool hidden = verdict.guard == Guard::Holds;
  if (command == 'a' || command == 'w') judge_side(contract, policies, Side::Write, verdict);
  verdict.written_only = hidden && verdict.guard != Guard::Holds;
  return verdict;
}

}  // namespace pgcontract::tenancy
