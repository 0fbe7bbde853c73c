#include "compare/contract/waivers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/suggest.hpp"
#include "compare/compare.hpp"
#include "compare/declarations.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

// The labels of each judged clause's findings. Labels are made once a clause, and only for clauses with waivers.
class Labels {
 public:
  explicit Labels(std::span<const ClauseResult> results) : results_(results) {}

  // Whether the clause was judged and the waiver covers none of its findings.
  bool superfluous(const Waiver& waiver) {
    const auto result = std::ranges::find(results_, waiver.clause, &ClauseResult::clause);
    if (result == results_.end() || result->verdict == Verdict::Unknown) return false;
    if (waiver.object == "*") return result->findings.empty();
    auto [at, is_new] = by_clause_.try_emplace(waiver.clause);
    if (is_new)
      for (const auto& finding : result->findings) at->second.insert(finding.subject.label());
    return !at->second.contains(waiver.object);
  }

 private:
  std::span<const ClauseResult> results_;
  std::map<std::string, std::set<std::string>> by_clause_;
};

std::string no_such_clause(const std::string& id) {
  std::vector<std::string_view> ids;
  for (const Clause& clause : clauses()) ids.push_back(clause.id);
  const std::string guess = nearest(id, ids);
  return fmt::format("names a clause that does not exist{}", guess.empty() ? "" : ", did you mean " + guess);
}

// What is wrong with the waiver, or empty. One sentence a waiver: the first that applies makes the others moot.
std::string fault_of(const Waiver& waiver, const Judged& judged, Labels& labels) {
  if (waiver.clause.starts_with("lint.")) return {};  // a rule's: `migrate lint` judges it
  if (!find_clause(waiver.clause)) return no_such_clause(waiver.clause);
  if (waiver.clause == kContractWaivers.id) return "waives the clause on waivers, which nothing can waive";
  if (waiver.until < judged.today)
    return fmt::format("expired on {}; mend what it covered, or extend it and say why", format_date(waiver.until));
  // On a database that the contract has not reached yet nothing is there to be covered.
  const bool bare = !judged.observation.schema_named(judged.contract.schemas.application.name);
  if (!bare && labels.superfluous(waiver)) return "covers no finding; remove it";
  return {};
}

}  // namespace

Examined check_waivers(const Judged& judged, std::span<const ClauseResult> results) {
  const auto& waivers = judged.contract.waivers;
  if (waivers.empty()) return {{}, "no waivers in the contract", {}};
  Examined examined;
  Labels labels(results);
  for (const Waiver& waiver : waivers) {
    std::string fault = fault_of(waiver, judged, labels);
    if (fault.empty()) continue;
    Finding finding;
    finding.subject = {"waiver", "", fmt::format("{} {}", waiver.clause, waiver.object), ""};
    finding.message = std::move(fault);
    if (waiver.mark.line > 0) finding.where = fmt::format("{}:{}", judged.contract.file, waiver.mark.line);
    examined.findings.push_back(std::move(finding));
  }
  examined.examined = counted(waivers.size(), "waiver");
  return examined;
}

const Clause kContractWaivers = {
    .id = "contract.waivers",
    .title = "every waiver is in force and covers something",
    .sentence = "A clause may be waived for an object, with a reason and an end (design rule).",
    .why =
        "A waiver is a debt with a date. One that has expired, that names a clause which does not exist, or that "
        "covers nothing any more hides the next breach of the same kind from everybody.",
    .needs = {},
    .check = [](const Judged& judged) { return check_waivers(judged, {}); },
    .pending = {},
};

}  // namespace pgcontract::compare
