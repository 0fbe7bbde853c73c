#include "command/init_waivers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "contract/rules.hpp"
#include "contract/starter.hpp"

namespace pgcontract::command {
namespace {

constexpr std::size_t kMostWaiversOfClause = 20;
constexpr std::chrono::days kWaivedFor{90};

std::string waiver(const std::string& clause, std::string_view object, const std::string& message, Date today) {
  const Date until{std::chrono::sys_days{today} + kWaivedFor};
  const std::string reason =
      fmt::format("found by pgcontract init on {}: {}", format_date(today), contract::one_line(message));
  return fmt::format("  - clause: {}\n    object: {}\n    reason: {}\n    until: {}\n", clause,
                     contract::yaml_scalar(object), contract::yaml_scalar(reason), format_date(until));
}

std::string waivers_of(const ClauseResult& result, Date today) {
  std::map<std::string, std::string> messages;  // by object, since a waiver covers all that is found in one
  for (const auto& finding : result.findings) {
    auto& message = messages[finding.subject.label()];
    message += (message.empty() ? "" : "; ") + finding.message;
  }
  // A name with a line break in it cannot be the object of a waiver.
  const bool one_by_one =
      result.findings.size() <= kMostWaiversOfClause && std::ranges::all_of(messages, [](const auto& pair) {
        return !contract::check(contract::rule::kLine, pair.first);
      });
  std::string text;
  if (one_by_one) {
    for (const auto& [object, message] : messages) text += waiver(result.clause, object, message, today);
    return text;
  }
  const auto& first = result.findings.front();
  return waiver(
      result.clause, "*",
      fmt::format("{} findings, the first: {} {}", result.findings.size(), first.subject.label(), first.message),
      today);
}

// "# Held: one two …" in lines of 120 columns.
std::string listed(std::string_view title, const Verdicts& verdicts, Verdict verdict) {
  if (verdicts.count(verdict) == 0) return {};
  std::string text;
  std::string line = fmt::format("# {}:", title);
  for (const auto& result : verdicts.clauses) {
    if (result.verdict != verdict) continue;
    if (line.size() + result.clause.size() + 1 > 120) text += std::exchange(line, "#  ") + "\n";
    line += " " + result.clause;
  }
  return text + line + "\n";
}

}  // namespace

bool is_waived_at_start(std::string_view clause) {
  static const std::set<std::string_view> kAreas = {"schema", "tenancy", "server", "monitoring", "migrations"};
  return kAreas.contains(clause.substr(0, clause.find('.')));
}

std::string with_verdicts(const std::string& starter, const Verdicts& verdicts, Date today) {
  std::string text = fmt::format(
      "# Written by pgcontract init on {}. A beginning: read it, correct it, commit it.\n#\n"
      "# Of its clauses, without the waivers, {} held on that day, {} were broken and {} unknown.\n",
      format_date(today), verdicts.count(Verdict::Holds), verdicts.count(Verdict::Broken),
      verdicts.count(Verdict::Unknown));
  text += listed("Held", verdicts, Verdict::Holds) + listed("Broken", verdicts, Verdict::Broken);
  text += "# pgcontract verify says why the others are unknown.\n" + starter;
  std::string waivers;
  for (const auto& result : verdicts.clauses)
    if (result.verdict == Verdict::Broken && is_waived_at_start(result.clause)) waivers += waivers_of(result, today);
  if (waivers.empty()) return text;
  return text + "\nwaivers: # what was broken already: each is a debt with a date\n" + waivers;
}

}  // namespace pgcontract::command
