// The strict profile: privileges on system objects. The statements name what the server was seen to have, so that one
// plan fits the overloads of every version.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/draft.hpp"

namespace pgcontract::plan {

void mend_strict_catalog(const Finding& finding, Draft& draft) {
  std::vector<std::string> keepers, holders{"PUBLIC"};
  for (const auto& tag : finding.tags) {
    if (tag.starts_with("keeper:")) keepers.push_back(quoted(tag.substr(7)));
    if (tag.starts_with("holder:")) holders.push_back(quoted(tag.substr(7)));
  }
  // regprocedure and regclass have quoted what needs it.
  const std::string object =
      fmt::format("{} pg_catalog.{}", finding.tagged("kind:f") ? "FUNCTION" : "TABLE", finding.subject.name);
  const std::string privilege = finding.tagged("kind:f") ? "EXECUTE" : "SELECT";
  const std::string take = fmt::format("REVOKE {} ON {} FROM {}", privilege, object, fmt::join(holders, ", "));
  const std::string give = fmt::format("GRANT {} ON {} TO {}", privilege, object, fmt::join(holders, ", "));
  Step step;
  step.object = fmt::format("privileges on {} {}", finding.subject.kind, finding.subject.name);
  step.lock = "none";
  if (finding.tagged("give_back")) {
    step.reason = "the contract's profile is standard";
    step.statements = {give};
    if (!keepers.empty())
      step.statements.push_back(fmt::format("REVOKE {} ON {} FROM {}", privilege, object, fmt::join(keepers, ", ")));
    step.undo = take;
  } else {
    step.reason = "profile strict: tenants are better without it";
    step.statements = {take};
    if (!keepers.empty())
      step.statements.push_back(fmt::format("GRANT {} ON {} TO {}", privilege, object, fmt::join(keepers, ", ")));
    step.undo = give;
  }
  draft.add(Phase::Grants, finding, std::move(step));
}

}  // namespace pgcontract::plan
