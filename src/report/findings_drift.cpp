// Drift as findings, for the formats that show nothing else.

#include <fmt/format.h>

#include "report/drift.hpp"

namespace pgcontract::report {
namespace {

constexpr std::string_view kClause = "migrations.no_drift";

std::string message(const Difference& difference, const DriftSet& set, std::size_t schemas) {
  std::string text;
  if (!difference.attribute.empty())
    text = fmt::format("{}: expected {}, found {}", difference.attribute, difference.expected.value_or("none"),
                       difference.found.value_or("none"));
  else
    text = difference.found ? "is there, and should not be" : "is missing";
  text += fmt::format(" (as in {})", set.reference);
  if (schemas > 1) text += fmt::format("; {} further schemas differ alike", schemas - 1);
  return text;
}

}  // namespace

Verdicts drift_verdicts(const Drift& drift) {
  ClauseResult result;
  result.clause = kClause;
  result.title = "tenants at the same revision have the same tables";
  std::size_t alike = 0;
  for (const auto& set : drift.sets) {
    alike += set.alike;
    for (const auto& group : set.groups) {
      for (const auto& difference : group.differences) {
        Finding finding;
        finding.clause = kClause;
        finding.subject = {difference.kind, group.schemas.front(), difference.object, difference.attribute};
        finding.message = message(difference, set, group.schemas.size());
        finding.consider = fmt::format("{}", fmt::join(difference.mend, ";\n"));
        result.findings.push_back(std::move(finding));
      }
    }
  }
  result.verdict = drift.found() ? Verdict::Broken : drift.sets.empty() ? Verdict::Unknown : Verdict::Holds;
  result.reason = drift.sets.empty() ? "there was nothing to compare" : fmt::format("{} schemas are alike", alike);
  if (result.verdict == Verdict::Broken) result.reason.clear();
  return Verdicts{{std::move(result)}};
}

}  // namespace pgcontract::report
