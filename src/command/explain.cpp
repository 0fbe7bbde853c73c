#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.hpp"
#include "command/list.hpp"
#include "compare/compare.hpp"
#include "compare/examples.hpp"
#include "lint/examples.hpp"
#include "lint/rule.hpp"

namespace pgcontract::command {
namespace {

std::string area_of(std::string_view clause) { return std::string(clause.substr(0, clause.find('.'))); }

std::string page_of(const Clause& clause) {
  std::string page = fmt::format("# {} — {}\n\n", clause.id, clause.title);
  page += fmt::format("## The contract says\n\n{}\n\n## Why\n\n{}\n\n", clause.sentence, clause.why);
  if (!clause.check) page += fmt::format("## Verdict\n\nAlways unknown for now: {}\n\n", clause.pending);
  for (const auto& example : compare::examples_of(clause.id)) {
    page += fmt::format("## Example: {} — {}\n\n", example.verdict == "holds" ? "holds" : "breaks", example.title);
    if (!example.body.empty()) page += fmt::format("```\n{}\n```\n\n", example.body);
    for (const auto& finding : example.findings) page += fmt::format("- {}\n", finding);
    if (!example.findings.empty()) page += "\n";
  }
  return page;
}

std::string page_of(const lint::Rule& rule) {
  std::string page = fmt::format("# {} — {}\n\n", rule.id, rule.title);
  page += fmt::format("## Why\n\n{}\n\n## Instead\n\n{}\n\n## Severity\n\n{}{}.\n\n", rule.why, rule.instead,
                      to_string(rule.severity),
                      rule.weighed ? ", lowered or raised by the size and traffic of the table on the target" : "");
  for (const auto& example : lint::examples_of(rule.id)) {
    page += fmt::format("## Example: {} — {}\n\n", example.breaks ? "breaks" : "holds", example.title);
    page += fmt::format("```\n{}\n```\n\n", lint::shown(example));
    const Verdicts verdicts = lint::judge_example(example);
    for (const auto& finding : verdicts.find(rule.id)->findings)
      page += fmt::format("- {}: {}\n", to_string(finding.severity), finding.message);
    if (example.breaks) page += "\n";
  }
  return page;
}

Table table_of(const std::vector<const Clause*>& clauses) {
  Table table{"clauses",
              {{"id", "CLAUSE"}, {"judged", "JUDGED"}, {"title", "PROMISE"}, {"sentence", "SENTENCE"}, {"why", "WHY"}},
              {}};
  for (const Clause* clause : clauses)
    table.rows.push_back({std::string(clause->id), clause->check ? "true" : "false", std::string(clause->title),
                          std::string(clause->sentence), std::string(clause->why)});
  return table;
}

// Rules of `migrate lint`: no sentence of the contract, but the same columns.
std::vector<std::optional<std::string>> row_of(const lint::Rule& rule) {
  return {std::string(rule.id), "true", std::string(rule.title), std::string(rule.instead), std::string(rule.why)};
}

Report listing() {
  Report report;
  report.command = "explain";
  std::vector<const Clause*> all;
  std::size_t longest = 0;
  for (const auto& clause : compare::clauses()) {
    all.push_back(&clause);
    longest = std::max(longest, clause.id.size());
  }
  report.tables = {table_of(all)};
  std::string area;
  for (const Clause* clause : all) {
    if (area_of(clause->id) != area) {
      area = area_of(clause->id);
      report.page += fmt::format("{}## {}\n\n", report.page.empty() ? "" : "\n", area);
    }
    report.page += fmt::format("- `{}`{} {}{}\n", clause->id, std::string(longest - clause->id.size(), ' '),
                               clause->title, clause->check ? "" : " (not judged yet)");
  }
  report.page += "\n## lint\n\nThe rules of `migrate lint`.\n\n";
  longest = 0;
  for (const auto& rule : lint::rules()) longest = std::max(longest, rule.id.size());
  for (const auto& rule : lint::rules()) {
    report.tables[0].rows.push_back(row_of(rule));
    report.page += fmt::format("- `{}`{} {}\n", rule.id, std::string(longest - rule.id.size(), ' '), rule.title);
  }
  return report;
}

}  // namespace

Failure unknown_clause(std::string_view name) {
  std::vector<std::string_view> ids;
  for (const auto& clause : compare::clauses()) ids.push_back(clause.id);
  for (const auto& rule : lint::rules()) ids.push_back(rule.id);
  const std::string near = nearest(name, ids);
  return fail(ErrorCode::Usage, fmt::format("there is no clause \"{}\"", name),
              near.empty() ? "See them all: pgcontract explain --list" : fmt::format("Did you mean {}?", near));
}

Result<void> check_area_or_clause(std::string_view name) {
  for (const auto& clause : compare::clauses())
    if (clause.id == name || area_of(clause.id) == name) return {};
  return unknown_clause(name);
}

Result<Report> run_explain(const Arguments& arguments) {
  Report report;
  report.command = "explain";
  report.scene.at = now();
  if (arguments.has("--list")) {
    report = listing();
    report.scene.at = now();
    return report;
  }
  if (arguments.positionals.empty())
    return fail(ErrorCode::Usage, "which clause?", "Name one, or list them: pgcontract explain --list");
  if (const lint::Rule* rule = lint::find_rule(arguments.positionals[0])) {
    report.tables = {table_of({})};
    report.tables[0].rows.push_back(row_of(*rule));
    report.page = page_of(*rule);
    return report;
  }
  const Clause* clause = compare::find_clause(arguments.positionals[0]);
  if (!clause) return unknown_clause(arguments.positionals[0]);
  report.tables = {table_of({clause})};
  report.page = page_of(*clause);
  return report;
}

}  // namespace pgcontract::command
