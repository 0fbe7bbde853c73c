#include <fmt/format.h>

#include "compare/backup/promise.hpp"
#include "compare/declarations.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) {
  const auto& promise = judged.contract.backup;
  if (auto verdict = not_judged(judged, promise ? promise->wal : "", "recovery to a point in time is")) return *verdict;
  Examined examined;
  const BaseBackup* newest = nullptr;
  for (const auto& backup : judged.observation.backups.base)
    if (backup.problem.empty()) newest = &backup;
  for (const auto& backup : judged.observation.backups.base)
    if (!backup.problem.empty())
      examined.findings.push_back(backup_finding(backup.name, "cannot be restored: " + backup.problem));
  if (!newest) {
    examined.findings.push_back(
        backup_finding("base", fmt::format("there is none in {}", judged.observation.backups.store)));
    return examined;
  }
  const Age age = age_of(judged, newest->finished_at);
  if (age > allowed_age(promise->base))
    examined.findings.push_back(
        backup_finding("base", fmt::format("the newest is {} old, {} asks for one every {}", shown_age(age),
                                           promise->base, shown_age(allowed_age(promise->base)))));
  // wal-g says of its own backups no more than that they ended.
  if (newest->state == BackupState::Taken)
    examined.findings.push_back(
        backup_finding(newest->name, "nobody has seen its WAL in the archive: pgcontract backup verify"));
  examined.examined = fmt::format("{}, {} old, {}", newest->name, shown_age(age), to_string(newest->state));
  return examined;
}

}  // namespace

const Clause kBackupBaseFresh = {
    .id = "backup.base_fresh",
    .title = "there is a recent base backup to recover from",
    .sentence = "Point-in-time recovery via WAL archiving to object storage (use wal-g).",
    .why =
        "The older the base backup, the more WAL must be replayed, and the longer the outage. One whose own WAL is not "
        "in "
        "the archive cannot be recovered from at all, however new it is.",
    .needs = {Fact::Server},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
