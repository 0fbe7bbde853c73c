// The text format: head, verdicts, plan, outcomes, tables, notes, error, and the commands to run next.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/display.hpp"
#include "report/drift.hpp"
#include "report/formats.hpp"
#include "report/page.hpp"

namespace pgcontract::report {
namespace {

std::string head_text(const Report& report, const Page& page) {
  const auto& scene = report.scene;
  std::vector<std::string> parts;
  if (!scene.contract_name.empty()) parts.push_back(scene.contract_name);
  if (!scene.environment.empty()) parts.push_back(scene.environment);
  if (!scene.target.empty()) parts.push_back(scene.target);
  if (!scene.server_version.empty()) parts.push_back(fmt::format("PostgreSQL {}", scene.server_version));
  if (scene.tenants >= 0) parts.push_back(counted(static_cast<std::size_t>(scene.tenants), "tenant", "tenants"));
  if (scene.duration_seconds > 0) parts.push_back(duration(scene.duration_seconds));
  if (parts.empty()) return {};
  std::string text;
  std::string line = fmt::format("{}: {}", visible(report.command), visible(parts.front()));
  for (std::size_t at = 1; at < parts.size(); ++at) {
    const std::string longer = fmt::format("{}{}{}", line, page.dot(), visible(parts[at]));
    if (columns_of(longer) > page.width())
      text += std::exchange(line, "  " + visible(parts[at])) + '\n';
    else
      line = longer;
  }
  return page.paint(Ink::Bold, text + line) + '\n';
}

std::string notes_text(const std::vector<std::string>& notes, const Page& page) {
  std::string text;
  for (const auto& note : notes) text += wrapped(visible(note), page.width(), 0) + '\n';
  return text;
}

std::string next_text(const std::vector<std::string>& next, const Page& page) {
  std::string text;
  for (const auto& command : next)
    text += fmt::format("{} {}\n", text.empty() ? page.paint(Ink::Dim, "next:") : "     ", visible(command));
  return text;
}

}  // namespace

std::string table_text(const Table& table, const Page& page) {
  if (table.rows.empty()) return fmt::format("no {}\n", visible(table.name));
  const auto cell = [](const std::vector<std::optional<std::string>>& row, std::size_t column) {
    return column < row.size() && row[column] ? visible(*row[column]) : std::string("-");
  };
  std::vector<int> widths;
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    widths.push_back(columns_of(visible(table.columns[column].title)));
    for (const auto& row : table.rows) widths.back() = std::max(widths.back(), columns_of(cell(row, column)));
  }
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      const bool last = column + 1 == widths.size();
      text += last ? cell_of(column) : padded(cell_of(column), widths[column] + 2);
    }
    return text;
  };
  std::string text =
      page.paint(Ink::Bold, line([&](std::size_t column) { return visible(table.columns[column].title); })) + '\n';
  for (const auto& row : table.rows) text += line([&](std::size_t column) { return cell(row, column); }) + '\n';
  return text;
}

std::string error_text(const Error& error, const Page& page) {
  std::string text = page.paint(Ink::Red, "pgcontract: error:");
  text += labelled(" ", error.describe(), 0);
  if (!error.sqlstate.empty()) text += fmt::format("  sqlstate: {}\n", visible(error.sqlstate));
  if (!error.hint.empty()) {
    const auto hint = visible_lines(error.hint);
    for (std::size_t at = 0; at < hint.size(); ++at)
      text += at == 0 ? wrapped(fmt::format("hint: {}", hint[at]), page.width(), 2) + '\n'
                      : fmt::format("    {}\n", hint[at]);
  }
  return text;
}

std::string render_text(const Report& report, const Style& style) {
  const Page page(style);
  std::vector<std::string> parts;
  if (!style.quiet) parts.push_back(head_text(report, page));
  if (report.verdicts) parts.push_back(verdicts_text(*report.verdicts, page));
  if (report.proof) parts.push_back(proof_text(*report.proof, page));
  if (report.plan) parts.push_back(plan_text(*report.plan, page));
  if (report.application) parts.push_back(application_text(*report.application, page));
  if (report.attacks) parts.push_back(attacks_text(*report.attacks, page));
  if (report.drift) parts.push_back(drift_text(*report.drift, page));
  if (!report.page.empty()) parts.push_back(labelled("", report.page, 0));
  if (report.page.empty())
    for (const auto& table : report.tables) parts.push_back(table_text(table, page));
  if (!style.quiet) parts.push_back(notes_text(report.notes, page));
  if (report.error) parts.push_back(error_text(*report.error, page));
  if (!style.quiet) parts.push_back(next_text(report.next, page));
  std::string text;
  for (const auto& part : parts)
    if (!part.empty()) text += (text.empty() ? "" : "\n") + part;
  return text;
}

}  // namespace pgcontract::report
