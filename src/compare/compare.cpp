#include "compare/compare.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "compare/contract/waivers.hpp"
#include "compare/declarations.hpp"

namespace pgcontract::compare {
namespace {

// Below this the catalogs differ so much that a check could see something else than it believes.
constexpr int kOldestServer = 140000;

// The waivers in force for one clause, by the object they name.
class Waivers {
 public:
  Waivers(const Judged& judged, std::string_view clause) {
    if (clause == kContractWaivers.id) return;  // else one waiver could hide that another has expired
    for (const auto& waiver : judged.contract.waivers)
      if (waiver.clause == clause && waiver.until >= judged.today) by_object_.emplace(waiver.object, &waiver);
  }

  const Waiver* find(const std::string& label) const {
    auto at = by_object_.find(label);
    if (at == by_object_.end()) at = by_object_.find("*");
    return at == by_object_.end() ? nullptr : at->second;
  }

 private:
  std::unordered_map<std::string, const Waiver*> by_object_;
};

// Names the clause in each finding, applies waivers, and sorts by label: oids, the catalog's order, differ between
// clusters that are otherwise alike.
std::vector<Finding> settled(std::vector<Finding> findings, const Judged& judged, std::string_view clause) {
  const Waivers waivers(judged, clause);
  std::vector<std::pair<std::string, std::size_t>> order;
  order.reserve(findings.size());
  for (std::size_t i = 0; i < findings.size(); ++i) {
    order.emplace_back(findings[i].subject.label(), i);
    findings[i].clause = clause;
    if (const Waiver* waiver = waivers.find(order.back().first))
      findings[i].waived = {{waiver->reason, waiver->by, waiver->until}};
  }
  std::ranges::sort(order, [&](const auto& a, const auto& b) {
    return std::tie(a.first, findings[a.second].message) < std::tie(b.first, findings[b.second].message);
  });
  std::vector<Finding> sorted;
  sorted.reserve(findings.size());
  for (const auto& [label, at] : order) sorted.push_back(std::move(findings[at]));
  return sorted;
}

// Why this clause cannot be judged here, or empty.
std::string obstacle(const Clause& clause, const Judged& judged) {
  if (!clause.check) return std::string(clause.pending);
  const int version = judged.observation.server.version_num;
  if (version != 0 && version < kOldestServer && clause.id != kServerVersion.id) return "the server is older than 14";
  std::vector<std::string> reasons;
  for (Fact fact : clause.needs)
    if (const auto at = judged.observation.unreadable.find(fact); at != judged.observation.unreadable.end())
      reasons.push_back(fmt::format("cannot read {}: {}", to_string(fact), at->second));
  return fmt::format("{}", fmt::join(reasons, "; "));
}

ClauseResult judge_clause(const Clause& clause, const Judged& judged, const std::function<Examined()>& examine) {
  ClauseResult result{
      std::string(clause.id), std::string(clause.title), Verdict::Unknown, obstacle(clause, judged), {}};
  if (!result.reason.empty()) return result;
  Examined examined = examine();
  result.findings = settled(std::move(examined.findings), judged, clause.id);
  if (!examined.unknown.empty()) {
    result.reason = std::move(examined.unknown);
    return result;
  }
  result.reason = std::move(examined.examined);
  if (result.findings.empty())
    result.verdict = Verdict::Holds;
  else if (std::ranges::all_of(result.findings, &Finding::is_waived))
    result.verdict = Verdict::Waived;
  else
    result.verdict = Verdict::Broken;
  return result;
}

}  // namespace

const Clause* find_clause(std::string_view id) {
  const auto at = std::ranges::find(clauses(), id, &Clause::id);
  return at == clauses().end() ? nullptr : &*at;
}

Verdicts judge(const Judged& judged) {
  Verdicts verdicts;
  verdicts.clauses.reserve(clauses().size());
  ClauseResult* waivers = nullptr;
  for (const Clause& clause : clauses()) {
    if (clause.id == kContractWaivers.id)
      waivers = &verdicts.clauses.emplace_back();  // it needs the others' results: filled in below
    else
      verdicts.clauses.push_back(judge_clause(clause, judged, [&] { return clause.check(judged); }));
  }
  *waivers = judge_clause(kContractWaivers, judged, [&] { return check_waivers(judged, verdicts.clauses); });
  return verdicts;
}

}  // namespace pgcontract::compare
