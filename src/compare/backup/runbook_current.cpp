// The entry is found by its mark, <!-- pgcontract drill ID -->, so that people may write around it as they like.

#include <fmt/format.h>

#include "compare/backup/promise.hpp"
#include "compare/declarations.hpp"

namespace pgcontract::compare {
namespace {

Finding runbook_finding(const Judged& judged, std::string message) {
  Finding finding;
  finding.subject = {"file", "", judged.contract.backup->runbook, ""};
  finding.message = std::move(message);
  finding.where = judged.contract.backup->runbook;
  return finding;
}

Examined check(const Judged& judged) {
  const auto& promise = judged.contract.backup;
  if (auto verdict = not_judged(judged, promise ? promise->runbook : "", "runbook is")) return *verdict;
  const BackupFacts& facts = judged.observation.backups;
  if (!facts.runbook_read) return {{runbook_finding(judged, "does not exist")}, {}, {}};
  if (facts.drills.empty()) return {{}, {}, "there was no drill yet that it could tell of"};
  const std::string& last = facts.drills.back().id;
  Examined examined;
  if (facts.runbook_drill.empty())
    examined.findings.push_back(runbook_finding(judged, fmt::format("tells of no drill; the last was {}", last)));
  else if (facts.runbook_drill < last)
    examined.findings.push_back(
        runbook_finding(judged, fmt::format("tells of drill {}; the last was {}", facts.runbook_drill, last)));
  examined.examined = fmt::format("{} tells of drill {}", promise->runbook, facts.runbook_drill);
  return examined;
}

}  // namespace

const Clause kBackupRunbookCurrent = {
    .id = "backup.runbook_current",
    .title = "the runbook tells the outcome of the last drill",
    .sentence = "Monthly full restores exercised in staging; document outcome in ops/runbooks/postgres-dr.md.",
    .why =
        "At three in the morning people follow the runbook. It must describe the restore that worked last, not the one "
        "before.",
    .needs = {Fact::Server},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
