#include <fmt/format.h>

#include "compare/declarations.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

Finding file_finding(std::string where, std::string message) {
  Finding finding;
  finding.subject = {"file", "", where, ""};
  finding.message = std::move(message);
  finding.where = std::move(where);
  return finding;
}

Examined check(const Judged& judged) {
  const auto& migrations = judged.contract.migrations;
  if (!migrations) return {{}, "no migrations in the contract", {}};
  const MigrationFiles& files = judged.observation.migrations;
  Examined examined;
  for (const RevisionGraph* graph : {&files.application, &files.tenant})
    for (const auto& problem : graph->problems)
      examined.findings.push_back(
          file_finding(problem.where,
                       problem.hint.empty() ? problem.message : fmt::format("{} ({})", problem.message, problem.hint)));
  if (!files.application.present && files.application.problems.empty())
    examined.findings.push_back(
        file_finding(migrations->config, fmt::format("has no section [{}]", migrations->application_section)));
  examined.examined = counted(files.application.revisions.size() + files.tenant.revisions.size(), "revision");
  return examined;
}

}  // namespace

const Clause kMigrationsAlembicReadable = {
    .id = "migrations.alembic_readable",
    .title = "Alembic's configuration and revisions can be read",
    .sentence = "alembic is the source of truth. Configuration lives under packages/api/alembic.ini.",
    .why =
        "What cannot be read cannot be the truth. A missing parent, a cycle or an id that is too long for the "
        "version table otherwise shows itself in the middle of a deployment.",
    .needs = {Fact::MigrationFiles},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
