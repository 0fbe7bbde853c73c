// Judged from evidence: running the attacks takes a copy of the design on the server, and ten seconds; `tenant attack`
// does it and leaves what it found in the ledger. Evidence speaks for the server, the corpus and the month it was made
// in.

#include <fmt/format.h>

#include <chrono>

#include "compare/declarations.hpp"
#include "compare/server/version_text.hpp"
#include "compare/tenancy/wording.hpp"

namespace pgcontract::compare {
namespace {

constexpr std::chrono::days kFreshFor{30};

const Evidence* newest(const Observation& observation) {
  for (const auto& evidence : observation.evidence)
    if (evidence.kind == "attack" && evidence.subject == observation.server.database) return &evidence;
  return nullptr;
}

// Why evidence of attacks that were all refused does not tell of this server today; empty: it does.
std::string staleness(const Judged& judged, const Evidence& evidence) {
  const auto recorded = parse_date(evidence.recorded_on);
  const std::string server = version_text(judged.observation.server.version_num);
  const std::string when = fmt::format("the attacks were run on {}", evidence.recorded_on);
  if (!recorded || std::chrono::sys_days(judged.today) - std::chrono::sys_days(*recorded) > kFreshFor)
    return fmt::format("{}, more than {} days ago", when, kFreshFor.count());
  if (evidence.value("server") != server)
    return fmt::format("{} against PostgreSQL {}, and this is {}", when, evidence.value("server"), server);
  if (const auto profile = to_string(judged.contract.tenancy->profile); evidence.value("profile") != profile)
    return fmt::format("{} in the {} profile, and the contract asks for the {} one", when, evidence.value("profile"),
                       profile);
  if (!judged.corpus.empty() && evidence.value("corpus") != judged.corpus)
    return fmt::format("{}, by a corpus that has changed since", when);
  if (evidence.value("not_judged") != "0")
    return fmt::format("{}, and {} of them could not be judged", when, evidence.value("not_judged"));
  return {};
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  Examined examined;
  const Evidence* evidence = newest(judged.observation);
  if (!evidence) {
    examined.unknown = "the attacks were never run here: pgcontract tenant attack";
    return examined;
  }
  // What came through stays true until another run refutes it, however old.
  for (Text rest = evidence->value("succeeded"); !rest.empty();) {
    const Text id = rest.substr(0, rest.find(' '));
    rest = rest.substr(std::min(rest.size(), id.size() + 1));
    examined.findings.push_back(wording::finding(
        {"attack", "", std::string(id), ""},
        fmt::format("succeeded on {} against PostgreSQL {}", evidence->recorded_on, evidence->value("server")), {}));
  }
  if (examined.findings.empty())
    if (const auto stale = staleness(judged, *evidence); !stale.empty())
      examined.unknown = stale + ": pgcontract tenant attack";
  examined.examined = fmt::format("{} attacks on {}, {} refused, {} accepted by the design", evidence->value("attacks"),
                                  evidence->recorded_on, evidence->value("refused"), evidence->value("residual"));
  return examined;
}

}  // namespace

const Clause kTenancyAttacksRefused = {
    .id = "tenancy.attacks_refused",
    .title = "the known attacks from one tenant on another are refused",
    .sentence = "A SECURITY DEFINER function ensures tenants cannot cross schema boundaries.",
    .why =
        "What the catalogs promise is worth what the server does. `pgcontract tenant attack` runs every attack of its "
        "corpus as a tenant against a disposable copy of this design, on this server, and leaves the result here. It "
        "counts for 30 days, for this version of the server and for this corpus: a new minor version or a new attack "
        "asks for a new run. Attacks that core PostgreSQL cannot refuse are listed by the command, each with what "
        "limits it.",
    .needs = {Fact::Server, Fact::Evidence},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
