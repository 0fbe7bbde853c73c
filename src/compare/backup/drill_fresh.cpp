#include <fmt/format.h>

#include "compare/backup/promise.hpp"
#include "compare/declarations.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) {
  const auto& promise = judged.contract.backup;
  const std::string word = promise ? promise->drill : "";
  if (auto verdict = not_judged(judged, word, "drill is")) return *verdict;
  const auto& drills = judged.observation.backups.drills;
  if (drills.empty()) return {{backup_finding("drill", "no restore was ever proved: pgcontract drill run")}, {}, {}};
  const DrillRecord& last = drills.back();
  const Age age = age_of(judged, last.at);
  Examined examined;
  if (!last.proven)
    examined.findings.push_back(
        backup_finding("drill", fmt::format("the last, {}, proved nothing{}", last.id,
                                            last.outcome.empty() ? "" : fmt::format(": {}", last.outcome))));
  else if (age > allowed_age(word))
    examined.findings.push_back(
        backup_finding("drill", fmt::format("the last is {} old, {} asks for one every {}", shown_age(age), word,
                                            shown_age(allowed_age(word)))));
  examined.examined = fmt::format("{}, {} ago", last.id, shown_age(age));
  return examined;
}

}  // namespace

const Clause kBackupDrillFresh = {
    .id = "backup.drill_fresh",
    .title = "a full restore was proved within the month",
    .sentence = "Monthly full restores exercised in staging; document outcome in ops/runbooks/postgres-dr.md.",
    .why =
        "A backup that was never restored is a hope. The proof is a server that started from it and answered queries; "
        "`pgcontract drill run` leaves it in the store, beside the backups that it speaks of.",
    .needs = {Fact::Server},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
