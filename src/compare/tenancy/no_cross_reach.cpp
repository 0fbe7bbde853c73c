// The sum of all privileges. Every other clause of tenancy asks whether one thing is as designed; this one asks whether
// any way leads from one tenant to another, whatever the design says, and shows the shortest.

#include <fmt/format.h>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/prove.hpp"

namespace pgcontract::compare {
namespace {

std::string demonstrated(const Break& broken) {
  std::string text;
  for (const auto& act : broken.demonstration)
    text += fmt::format("{}{}: {}", text.empty() ? "; as " : " then as ", quoted(act.role), act.sql);
  return text;
}

std::string message_of(const Break& broken) {
  const std::string pairs = broken.pairs == 0 ? "" : fmt::format(" ({} of tenants)", counted(broken.pairs, "pair"));
  return fmt::format("{}{}: {}{}{}", broken.kind, pairs, tenancy::path_text(broken),
                     broken.certain ? "" : fmt::format("; not certain: {}", broken.doubt), demonstrated(broken));
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const Proof proof = tenancy::prove(judged.contract, judged.observation);
  Examined result;
  for (const auto& broken : proof.breaks)
    result.findings.push_back(
        wording::finding(broken.subject, message_of(broken), {"break:" + broken.kind, "clause:" + broken.clause}));
  result.examined =
      fmt::format("{} of tenants, {}", counted(proof.pairs, "ordered pair"), counted(proof.objects, "object"));
  return result;
}

std::vector<Fact> needs() {
  const auto facts = tenancy::facts_of_proof();
  return {facts.begin(), facts.end()};
}

}  // namespace

const Clause kTenancyNoCrossReach = {
    .id = "tenancy.no_cross_reach",
    .title = "no chain of privileges leads from one tenant to another",
    .sentence = "A SECURITY DEFINER function ensures tenants cannot cross schema boundaries.",
    .why =
        "Each grant may be right and their sum wrong: a role in a role, a trigger on a shared table, a definer "
        "function. Only a search over the whole graph tells. What the catalog cannot decide, such as a body that "
        "builds its own SQL, counts as reachable and is marked as not certain. Each finding names in its tags the "
        "clause that forbids it, and that clause has the remedy; `pgcontract tenant prove` shows the same search with "
        "the SQL that demonstrates each break.",
    .needs = needs(),
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
