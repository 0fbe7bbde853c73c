#include <fmt/format.h>

#include "compare/backup/promise.hpp"
#include "compare/declarations.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

std::string lsn(Lsn at) { return fmt::format("{:X}/{:X}", at >> 32, at & 0xFFFFFFFF); }

Examined check(const Judged& judged) {
  const auto& promise = judged.contract.backup;
  if (auto verdict = not_judged(judged, promise ? promise->wal : "", "recovery to a point in time is")) return *verdict;
  const BackupFacts& facts = judged.observation.backups;
  if (facts.base.empty()) return {{}, {}, "there is no base backup, and so no WAL that it would take"};
  Examined examined;
  std::size_t known = 0;
  for (const auto& gap : facts.gaps) {
    if (!gap.acknowledged.empty()) {
      ++known;
      continue;
    }
    // As `backup.acknowledged_gaps` of the contract names it.
    examined.findings.push_back(
        backup_finding(fmt::format("timeline {} from {}", gap.span.timeline, lsn(gap.span.from)),
                       fmt::format("the WAL up to {} is not in the archive: no recovery passes it", lsn(gap.span.to))));
  }
  examined.examined = fmt::format("{}{}", counted(facts.windows.size(), "window"),
                                  known == 0 ? "" : fmt::format(", {} acknowledged", counted(known, "gap")));
  return examined;
}

}  // namespace

const Clause kBackupWalGapFree = {
    .id = "backup.wal_gap_free",
    .title = "the archive has every segment since the base backup",
    .sentence = "Point-in-time recovery via WAL archiving to object storage (use wal-g).",
    .why =
        "Recovery stops at the first missing segment, whatever was archived after it. A gap that cannot be mended any "
        "more "
        "is acknowledged in the contract, so that the next one is seen; a base backup taken after it makes it "
        "harmless.",
    .needs = {Fact::Server},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
