#include <fmt/ranges.h>

#include "compare/declarations.hpp"
#include "compare/migrations/version_rows.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

std::string place_of(const Revision* revision) {
  if (!revision || revision->file.empty()) return {};
  return revision->line > 0 ? fmt::format("{}:{}", revision->file, revision->line) : revision->file;
}

std::optional<Finding> judge_heads(const Migrations& migrations, const RevisionGraph& graph) {
  if (graph.heads.size() == 1 || (graph.heads.empty() && graph.revisions.empty())) return std::nullopt;
  Finding finding;
  finding.subject = {"file", "", fmt::format("{} [{}]", migrations.config, graph.section), ""};
  if (graph.heads.empty()) {
    finding.message = "has no head: every revision descends from another";
    finding.where = place_of(&graph.revisions.front());
    return finding;
  }
  finding.message =
      fmt::format("has {} heads, the contract asks for one: {}", graph.heads.size(), fmt::join(graph.heads, ", "));
  finding.consider = fmt::format("{} -c {} -n {} merge {}", migrations.command, migrations.config, graph.section,
                                 fmt::join(graph.heads, " "));
  finding.where = place_of(graph.find(graph.heads.back()));
  return finding;
}

Examined check(const Judged& judged) {
  const auto& migrations = judged.contract.migrations;
  if (!migrations) return {{}, "no migrations in the contract", {}};
  Examined examined;
  std::vector<std::string> sections;
  for (const RevisionGraph* graph :
       {&judged.observation.migrations.application, &judged.observation.migrations.tenant}) {
    const bool is_application = graph == &judged.observation.migrations.application;
    if (!is_application && !graph->present && graph->problems.empty()) continue;  // tenants without migrations
    if (examined.unknown = unreadable_graph(*graph); !examined.unknown.empty()) return examined;
    sections.push_back(graph->section);
    if (auto finding = judge_heads(*migrations, *graph)) examined.findings.push_back(*std::move(finding));
  }
  examined.examined = fmt::format("{}: {}", sections.size() == 1 ? "section" : "sections", fmt::join(sections, ", "));
  return examined;
}

}  // namespace

const Clause kMigrationsSingleHead = {
    .id = "migrations.single_head",
    .title = "each line of migrations ends in one head",
    .sentence = "CI runs alembic upgrade head against a disposable database to detect drift.",
    .why =
        "Two branches that each add a revision merge in Git without a conflict and leave two heads; then upgrade "
        "head fails, in production, with the deployment half done.",
    .needs = {Fact::MigrationFiles},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
