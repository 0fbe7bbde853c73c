// Judged from the store itself: a job's exit code says that it ran, a catalogue that agrees with what is listed says
// that something was kept.

#include <fmt/format.h>

#include "compare/backup/promise.hpp"
#include "compare/declarations.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) {
  const auto& promise = judged.contract.backup;
  const std::string word = promise ? promise->logical : "";
  if (auto verdict = not_judged(judged, word, "logical backup is")) return *verdict;
  Examined examined;
  const LogicalBackup* newest = nullptr;
  for (const auto& backup : judged.observation.backups.logical) {
    if (backup.database != judged.observation.server.database || !backup.tenant.empty()) continue;
    if (backup.problem.empty())
      newest = &backup;
    else if (backup.finished_at != Instant{})
      examined.findings.push_back(backup_finding(backup.id, "is not whole: " + backup.problem));
  }
  if (!newest) {
    examined.findings.push_back(
        backup_finding("logical", fmt::format("there is no whole one of database {} in {}",
                                              judged.observation.server.database, judged.observation.backups.store)));
    return examined;
  }
  const Age age = age_of(judged, newest->started_at);
  if (age > allowed_age(word))
    examined.findings.push_back(
        backup_finding("logical", fmt::format("the newest is {} old, {} asks for one every {}", shown_age(age), word,
                                              shown_age(allowed_age(word)))));
  examined.examined = fmt::format("{}, {} old: {} of {}", newest->id, shown_age(age), shown_bytes(newest->bytes),
                                  counted(static_cast<std::size_t>(newest->schemas), "schema"));
  return examined;
}

}  // namespace

const Clause kBackupLogicalFresh = {
    .id = "backup.logical_fresh",
    .title = "last night's logical backup exists and is whole",
    .sentence = "Nightly logical backups with pg_dump stored in MinIO (sm-backups/postgres/).",
    .why =
        "A backup job that fails quietly is found on the day its output is needed. `pgcontract backup logical` writes "
        "its "
        "catalogue last; here every object in it is looked for in the store, with its size.",
    .needs = {Fact::Server},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
