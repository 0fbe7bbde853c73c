#include "compare/migrations/rehearsed.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

constexpr std::string_view kRun = "pgcontract migrate check";

const Evidence* check_of(const Observation& observation) {
  for (const auto& evidence : observation.evidence)
    if (evidence.kind == "migration_check" && evidence.subject == observation.server.database) return &evidence;
  return nullptr;
}

std::string major_of(std::string_view version) { return std::string(version.substr(0, version.find('.'))); }

// Why the evidence does not tell of these files on this server; empty: it does.
std::string staleness(const Observation& seen, const Evidence& evidence) {
  const std::string when = fmt::format("the revisions were tried on {}", evidence.recorded_on);
  if (seen.migrations.digest.empty()) return "a revision file cannot be read";
  if (evidence.value("files") != seen.migrations.digest)
    return fmt::format("{}, and their files have changed since: {}", when, kRun);
  if (const auto major = std::to_string(seen.server.version_num / 10000); major_of(evidence.value("server")) != major)
    return fmt::format("{} on PostgreSQL {}, and this is {}: {}", when, evidence.value("server"), major, kRun);
  return {};
}

Finding finding_of(const MigrationFiles& files, std::string_view label, std::string_view message) {
  Finding finding;
  finding.subject = {"revision", "", std::string(label), ""};
  finding.message = message;
  finding.where = place_of_revision(files, label);
  return finding;
}

}  // namespace

std::string place_of_revision(const MigrationFiles& files, std::string_view label) {
  for (const RevisionGraph* graph : {&files.application, &files.tenant})
    for (const auto& revision : graph->revisions)
      if (label == graph->section + "/" + revision.id) return fmt::format("{}:{}", revision.file, revision.line);
  return {};
}

Examined judged_by_check(const Judged& judged, std::string_view word) {
  if (!judged.contract.migrations) return {{}, "no migrations in the contract", {}};
  Examined examined;
  const MigrationFiles& files = judged.observation.migrations;
  const std::size_t revisions = files.application.revisions.size() + files.tenant.revisions.size();
  if (revisions == 0) return {{}, "no revisions", {}};
  const Evidence* evidence = check_of(judged.observation);
  if (!evidence) {
    examined.unknown = fmt::format("the revisions were never tried here: {}", kRun);
    return examined;
  }
  if (examined.unknown = staleness(judged.observation, *evidence); !examined.unknown.empty()) return examined;
  const std::string broken = fmt::format("{} broken ", word);
  const std::string untested = fmt::format("{} untested ", word);
  std::size_t count = 0;
  std::string example;
  for (const Text line : evidence->detail) {
    const auto at = line.find('=');
    const Text key = line.substr(0, at);
    if (key.starts_with(broken))
      examined.findings.push_back(finding_of(files, key.substr(broken.size()), line.substr(at + 1)));
    if (!key.starts_with(untested)) continue;
    ++count;
    if (example.empty()) example = fmt::format("{}: {}", key.substr(untested.size()), line.substr(at + 1));
  }
  if (count > 0 && examined.findings.empty())
    examined.unknown = fmt::format("{} could not be tried: {}", counted(count, "revision"), example);
  examined.examined = fmt::format("{} tried on {} on PostgreSQL {}", counted(revisions, "revision"),
                                  evidence->recorded_on, evidence->value("server"));
  return examined;
}

}  // namespace pgcontract::compare
