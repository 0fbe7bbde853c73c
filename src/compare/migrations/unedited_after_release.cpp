// Judged from the ledger: whatever takes a schema over a revision writes down what the revision's file was.

#include <fmt/format.h>

#include "compare/declarations.hpp"
#include "compare/migrations/rehearsed.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

constexpr std::size_t kShownDigits = 12;

Examined check(const Judged& judged) {
  if (!judged.contract.migrations) return {{}, "no migrations in the contract", {}};
  const MigrationFiles& files = judged.observation.migrations;
  Examined examined;
  std::size_t recorded = 0;
  for (const auto& evidence : judged.observation.evidence) {
    if (evidence.kind != "revision") continue;
    for (const RevisionGraph* graph : {&files.application, &files.tenant})
      for (const auto& revision : graph->revisions) {
        if (evidence.subject != graph->section + "/" + revision.id) continue;
        ++recorded;
        const Text released = evidence.value("sha256");
        if (revision.sha256.empty() || released == revision.sha256) continue;
        Finding finding;
        finding.subject = {"revision", "", std::string(evidence.subject), ""};
        finding.message =
            fmt::format("was released on {} with the sha256 {}…, and its file has {}… now", evidence.recorded_on,
                        released.substr(0, kShownDigits), revision.sha256.substr(0, kShownDigits));
        finding.where = place_of_revision(files, evidence.subject);
        examined.findings.push_back(std::move(finding));
      }
  }
  if (recorded == 0) examined.unknown = "no release of a revision is recorded here: apply and migrate up record it";
  examined.examined = fmt::format("{} of released revisions", counted(recorded, "record"));
  return examined;
}

}  // namespace

const Clause kMigrationsUneditedAfterRelease = {
    .id = "migrations.unedited_after_release",
    .title = "a released migration is never edited",
    .sentence = "alembic is the source of truth.",
    .why =
        "Databases that ran the old text and those that ran the new one differ for ever, and both say that they are at "
        "the same revision. Whenever `apply` or `migrate up` takes a schema over a revision for the first time, the "
        "file's SHA-256 goes into the ledger; a file that is another one today was edited. Write a new revision "
        "instead, and bring the old text back.",
    .needs = {Fact::MigrationFiles, Fact::Evidence},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
