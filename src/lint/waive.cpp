#include "lint/waive.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.hpp"

namespace pgcontract::lint {
namespace {

bool covers(const Waiver& waiver, const Finding& finding) {
  if (waiver.clause != finding.clause) return false;
  const std::string label = finding.subject.label();
  return waiver.object == "*" || waiver.object == label ||
         (finding.subject.kind == "revision" && label.starts_with(waiver.object + ":"));
}

std::string unknown_rule(const std::string& id) {
  std::vector<std::string_view> ids;
  for (const Rule& rule : rules()) ids.push_back(rule.id);
  const std::string guess = nearest(id, ids);
  return fmt::format("names a rule that does not exist{}", guess.empty() ? "" : ", did you mean " + guess);
}

// A waiver of a revision that was not looked at may well cover something.
bool was_judged(const Waiver& waiver, std::span<const HistoryInput> histories) {
  const std::string revision = waiver.object.substr(0, waiver.object.find(':'));
  return std::ranges::any_of(histories, [&](const HistoryInput& history) {
    return std::ranges::any_of(
        history.revisions, [&](const RevisionInput& input) { return input.judged && input.revision->id == revision; });
  });
}

std::string fault_of(const Waiver& waiver, const Verdicts& verdicts, std::span<const HistoryInput> histories,
                     const Asked& asked) {
  if (!find_rule(waiver.clause)) return unknown_rule(waiver.clause);
  if (waiver.until < asked.today)
    return fmt::format("expired on {}; mend what it covered, or extend it and say why", format_date(waiver.until));
  const ClauseResult* result = verdicts.find(waiver.clause);
  if (!result) return {};  // not asked this time
  const bool covering =
      std::ranges::any_of(result->findings, [&](const Finding& finding) { return covers(waiver, finding); });
  if (!covering && was_judged(waiver, histories)) return "covers no finding; remove it";
  return {};
}

}  // namespace

void waive(std::vector<Finding>& findings, const Asked& asked) {
  for (auto& finding : findings)
    for (const auto& waiver : asked.contract.waivers)
      if (waiver.until >= asked.today && covers(waiver, finding) && finding.waived.empty())
        finding.waived = {{waiver.reason, waiver.by, waiver.until}};
}

std::vector<Finding> waiver_findings(const Verdicts& verdicts, std::span<const HistoryInput> histories,
                                     const Asked& asked) {
  std::vector<Finding> out;
  for (const auto& waiver : asked.contract.waivers) {
    if (!waiver.clause.starts_with("lint.")) continue;
    const std::string fault = fault_of(waiver, verdicts, histories, asked);
    if (fault.empty()) continue;
    Finding finding;
    finding.clause = kWaiversRule;
    finding.subject = {"waiver", "", fmt::format("{} {}", waiver.clause, waiver.object), ""};
    finding.message = fault;
    if (waiver.mark.line > 0) finding.where = fmt::format("{}:{}", asked.contract.file, waiver.mark.line);
    out.push_back(std::move(finding));
  }
  return out;
}

}  // namespace pgcontract::lint
