// The Markdown format: a comment on a pull request. Its size is kept below what GitHub takes (65,536 characters), with
// a line on what was left out.

#include <fmt/format.h>

#include <algorithm>

#include "report/clause_id.hpp"
#include "report/display.hpp"
#include "report/formats.hpp"
#include "report/markdown_text.hpp"
#include "report/page.hpp"

namespace pgcontract::report {
namespace {

constexpr std::size_t kFindingsShown = 5;  // of one clause
constexpr std::size_t kFindingBytes = 25'000;
constexpr std::size_t kFoldedBytes = 12'000;  // of each collapsed section

std::string details(std::string_view summary, const std::string& body) {
  return fmt::format("<details>\n<summary>{}</summary>\n\n{}\n</details>\n", summary, body);
}

std::string head(const Report& report) {
  const auto& scene = report.scene;
  std::string line = fmt::format("### pgcontract {}", markdown_prose(report.command));
  if (!scene.contract_name.empty()) line += fmt::format(": {}", markdown_prose(scene.contract_name));
  std::string facts;
  const auto add = [&](const std::string& fact) { facts += (facts.empty() ? "" : " · ") + fact; };
  if (!scene.environment.empty()) add(markdown_code(scene.environment));
  if (!scene.target.empty()) add(markdown_code(scene.target));
  if (!scene.server_version.empty()) add(fmt::format("PostgreSQL {}", markdown_prose(scene.server_version)));
  if (scene.tenants >= 0) add(counted(static_cast<std::size_t>(scene.tenants), "tenant", "tenants"));
  if (scene.at != Instant{}) add(format_instant(scene.at));
  return line + '\n' + (facts.empty() ? "" : '\n' + facts + '\n');
}

std::string verdict_line(const Verdicts& verdicts) {
  const int broken = verdicts.count(Verdict::Broken);
  const int unknown = verdicts.count(Verdict::Unknown);
  if (broken > 0)
    return fmt::format("**✘ The contract is broken: {}.**\n",
                       counted(static_cast<std::size_t>(broken), "clause", "clauses"));
  if (unknown == static_cast<int>(verdicts.clauses.size()))
    return "**? Nothing was judged: the contract may or may not hold.**\n";
  return unknown == 0 ? "**✔ The contract holds.**\n" : "**✔ The contract holds as far as it was judged.**\n";
}

std::string summary_table(const Verdicts& verdicts) {
  struct Row {
    std::string_view area;
    std::size_t counts[5] = {};
  };
  std::vector<Row> rows;
  for (const auto& clause : verdicts.clauses) {
    const auto area = area_of(clause.clause);
    auto row = std::ranges::find(rows, area, &Row::area);
    if (row == rows.end()) row = rows.insert(rows.end(), Row{area});
    ++row->counts[static_cast<std::size_t>(clause.verdict)];
  }
  rows.push_back(Row{"all"});
  for (std::size_t at = 0; at + 1 < rows.size(); ++at)
    for (std::size_t verdict = 0; verdict < 5; ++verdict) rows.back().counts[verdict] += rows[at].counts[verdict];
  const bool warned = rows.back().counts[4] > 0;
  std::string text = fmt::format("| area | hold | broken | waived | unknown |{}\n|---|--:|--:|--:|--:|{}\n",
                                 warned ? " warned |" : "", warned ? "--:|" : "");
  for (const auto& row : rows)
    text += fmt::format("| {} | {} | {} | {} | {} |{}\n", markdown_prose(row.area), row.counts[0], row.counts[1],
                        row.counts[2], row.counts[3], warned ? fmt::format(" {} |", row.counts[4]) : "");
  return text;
}

std::string finding_item(const Finding& finding) {
  std::string text =
      fmt::format("  - {}{}: {}", markdown_code(finding.subject.label()),
                  finding.severity == Severity::Error ? "" : fmt::format(" ({})", to_string(finding.severity)),
                  markdown_prose(finding.message));
  if (!finding.where.empty()) text += fmt::format(" (at {})", markdown_code(finding.where));
  text += '\n';
  if (!finding.consider.empty()) text += "\n    Consider:\n" + markdown_block(finding.consider, "sql", 4);
  return text;
}

std::string broken_list(const Verdicts& verdicts, Verdict wanted) {
  std::string text;
  for (const auto& clause : verdicts.clauses) {
    if (clause.verdict != wanted) continue;
    text += fmt::format("- {} {}\n", markdown_code(clause.clause), markdown_prose(clause.title));
    std::size_t shown = 0;
    std::size_t left = 0;
    for (const auto& finding : clause.findings) {
      if (finding.is_waived()) continue;
      if (shown < kFindingsShown && text.size() < kFindingBytes) {
        ++shown;
        text += finding_item(finding);
      } else {
        ++left;
      }
    }
    if (left > 0) text += fmt::format("  - … and {} more\n", left);
  }
  return text.empty() ? text : (wanted == Verdict::Broken ? "#### Broken\n\n" : "#### With warnings\n\n") + text;
}

std::string waived_list(const Verdicts& verdicts) {
  std::string text;
  std::size_t count = 0;
  std::size_t left = 0;
  for (const auto& clause : verdicts.clauses) {
    for (const auto& finding : clause.findings) {
      if (!finding.is_waived()) continue;
      ++count;
      const auto& waived = finding.waived.front();
      if (text.size() > kFoldedBytes) {
        ++left;
        continue;
      }
      text +=
          fmt::format("- {} {}: {} (until {}{})\n", markdown_code(clause.clause),
                      markdown_code(finding.subject.label()), markdown_prose(waived.reason), format_date(waived.until),
                      waived.by.empty() ? "" : fmt::format(", by {}", markdown_prose(waived.by)));
    }
  }
  if (left > 0) text += fmt::format("- … and {} more\n", left);
  return text.empty() ? text : details(fmt::format("Waived: {}", counted(count, "finding", "findings")), text);
}

std::string unknown_list(const Verdicts& verdicts) {
  std::string text;
  for (const auto& clause : verdicts.clauses) {
    if (clause.verdict != Verdict::Unknown) continue;
    text += fmt::format("- {}: {}\n", markdown_code(clause.clause), markdown_prose(clause.reason));
  }
  const auto count = static_cast<std::size_t>(verdicts.count(Verdict::Unknown));
  return text.empty() ? text : details(fmt::format("Unknown: {}", counted(count, "clause", "clauses")), text);
}

std::string step_item(const Step& step) {
  std::string text = fmt::format("**{}. {}** {}: {}\n\nLock: {} · risk: {}{}\n\n", step.number,
                                 markdown_prose(step.object), markdown_code(step.clause), markdown_prose(step.reason),
                                 markdown_prose(step.lock.empty() ? "none" : step.lock), to_string(step.risk),
                                 step.transactional ? "" : " · each statement commits by itself");
  if (step.program) text += markdown_block(command_line(*step.program), "sh", 0);
  std::string statements;
  for (std::size_t i = 0; i < step.statements.size(); ++i) {
    if (i < step.effects.size() && !step.effects[i].empty()) statements += "-- " + step.effects[i] + '\n';
    statements += step.statements[i] + ";\n";
  }
  if (!statements.empty()) text += markdown_block(statements, "sql", 0);
  return text + "\nUndo:\n" + markdown_block(step.undo, "sql", 0) + '\n';
}

std::string plan_part(const Plan& plan) {
  std::string text;
  if (plan.empty()) text += "Nothing to change.\n";
  std::string steps;
  std::size_t shown = 0;
  for (; shown < plan.steps.size() && steps.size() < kFoldedBytes; ++shown) steps += step_item(plan.steps[shown]);
  if (shown < plan.steps.size())
    steps += fmt::format("… and {} more: run `pgcontract plan`.\n", plan.steps.size() - shown);
  if (!steps.empty()) text += details(fmt::format("Plan: {}", counted(plan.steps.size(), "step", "steps")), steps);
  std::string manual;
  std::size_t left = 0;
  for (const auto& entry : plan.manual) {
    if (manual.size() > kFoldedBytes) {
      ++left;
      continue;
    }
    manual += fmt::format("- {} {}: {}\n", markdown_code(entry.clause), markdown_code(entry.object),
                          markdown_prose(entry.message));
    if (!entry.consider.empty()) manual += "\n  Consider:\n" + markdown_block(entry.consider, "sql", 2);
  }
  if (left > 0) manual += fmt::format("- … and {} more\n", left);
  if (!manual.empty()) text += fmt::format("{}#### For a person to decide\n\n{}", text.empty() ? "" : "\n", manual);
  if (!plan.continues.empty()) text += '\n' + markdown_prose(plan.continues) + '\n';
  return text;
}

std::string error_item(const Error& error) {
  std::string text = markdown_prose(error.describe());
  if (!error.sqlstate.empty()) text += fmt::format(" ({})", markdown_code(error.sqlstate));
  if (!error.hint.empty()) text += fmt::format(" Hint: {}", markdown_prose(error.hint));
  return text + '\n';
}

std::string application_part(const Application& application) {
  std::string text = fmt::format("**{} {} done, {} failed, {} unneeded, {} not run.**\n",
                                 application.count(StepState::Failed) > 0 ? "✘" : "✔",
                                 application.count(StepState::Done), application.count(StepState::Failed),
                                 application.count(StepState::Unneeded), application.count(StepState::NotRun));
  std::string failures;
  std::size_t left = 0;
  for (const auto& outcome : application.outcomes) {
    if (outcome.state != StepState::Failed) continue;
    if (failures.size() > kFoldedBytes) {
      ++left;
      continue;
    }
    failures += fmt::format("- step {}, {}: {}", outcome.step.number, markdown_code(outcome.step.object),
                            outcome.error ? error_item(*outcome.error) : "failed\n");
  }
  if (left > 0) failures += fmt::format("- … and {} more\n", left);
  return failures.empty() ? text : text + '\n' + failures;
}

std::string attacks_part(const AttackRun& run) {
  std::string text =
      fmt::format("**{} {} refused, {} succeeded, {} residual, {} not judged.**\n", run.has_succeeded() ? "✘" : "✔",
                  run.count(AttackResult::Refused), run.count(AttackResult::Succeeded),
                  run.count(AttackResult::Residual), run.count(AttackResult::NotJudged));
  std::string asking;
  std::string accepted;
  for (const auto& outcome : run.outcomes) {
    const std::string title = fmt::format("{} {}", markdown_prose(outcome.id), markdown_prose(outcome.title));
    if (outcome.result == AttackResult::Succeeded)
      asking += fmt::format("- ✘ {}: {}\n", title, markdown_code(outcome.answer));
    else if (outcome.result == AttackResult::NotJudged)
      asking += fmt::format("- ? {}: not judged: {}\n", title, markdown_prose(outcome.answer));
    else if (outcome.result == AttackResult::Residual)
      accepted += fmt::format("- {}: {}\n", title, markdown_prose(outcome.promise));
  }
  if (!asking.empty()) text += '\n' + asking;
  return accepted.empty() ? text : text + '\n' + details("What the design accepts", accepted);
}

std::string table_part(const Table& table) {
  std::string text = fmt::format("#### {}\n\n|", markdown_prose(table.name));
  std::string rule = "|";
  for (const auto& column : table.columns) {
    text += fmt::format(" {} |", markdown_prose(column.title));
    rule += "---|";
  }
  text += '\n' + rule + '\n';
  for (const auto& row : table.rows) {
    text += '|';
    for (std::size_t column = 0; column < table.columns.size(); ++column)
      text += fmt::format(" {} |", column < row.size() && row[column] ? markdown_prose(*row[column]) : "");
    text += '\n';
  }
  return text;
}

}  // namespace

std::string render_markdown(const Report& report) {
  std::vector<std::string> parts = {head(report)};
  if (report.verdicts) {
    const auto& verdicts = *report.verdicts;
    parts.insert(parts.end(), {verdict_line(verdicts), summary_table(verdicts), broken_list(verdicts, Verdict::Broken),
                               broken_list(verdicts, Verdict::Warned), waived_list(verdicts), unknown_list(verdicts)});
  }
  if (report.plan) parts.push_back(plan_part(*report.plan));
  if (report.application) parts.push_back(application_part(*report.application));
  if (report.attacks) parts.push_back(attacks_part(*report.attacks));
  if (!report.page.empty()) parts.push_back(labelled("", report.page, 0));
  if (report.page.empty())
    for (const auto& table : report.tables) parts.push_back(table_part(table));
  for (const auto& note : report.notes) parts.push_back(markdown_prose(note) + '\n');
  if (report.error) parts.push_back("**✘ Error:** " + error_item(*report.error));
  std::string next;
  for (const auto& command : report.next) next += fmt::format("- {}\n", markdown_code(command));
  if (!next.empty()) parts.push_back("Next:\n" + next);
  std::string text;
  for (const auto& part : parts)
    if (!part.empty()) text += (text.empty() ? "" : "\n") + part;
  return text;
}

}  // namespace pgcontract::report
