// Drift as text: for each set that should be alike who is not, object by object, both sides, and what would mend it.

#include <fmt/format.h>

#include <algorithm>

#include "report/display.hpp"
#include "report/drift.hpp"

namespace pgcontract::report {
namespace {

constexpr std::size_t kSchemasShown = 5;
constexpr std::size_t kDifferencesShown = 20;
constexpr std::string_view kAbsent = "(none)";

std::string schemas_text(const DriftGroup& group, const Page& page) {
  std::string names;
  const std::size_t shown = page.style().verbose ? group.schemas.size() : std::min(kSchemasShown, group.schemas.size());
  for (std::size_t i = 0; i < shown; ++i) names += (i == 0 ? "" : ", ") + visible(group.schemas[i]);
  if (shown < group.schemas.size()) names += fmt::format(" and {} more", group.schemas.size() - shown);
  return names;
}

std::string difference_text(const Difference& difference, const Page& page) {
  const std::string object = difference.object.empty() ? std::string() : " " + visible(difference.object);
  std::string text = "    " + page.paint(Ink::Bold, visible(difference.kind) + object);
  if (difference.attribute.empty()) {
    text += difference.found ? ": is there, and should not be\n" : ": is missing\n";
  } else {
    text += fmt::format(": {}\n", visible(difference.attribute));
    text += labelled("expected: ", difference.expected.value_or(std::string(kAbsent)), 6);
    text += labelled("found:    ", difference.found.value_or(std::string(kAbsent)), 6);
  }
  for (const auto& statement : difference.mend) text += labelled("mend:     ", statement + ";", 6);
  if (difference.mend.empty() && !difference.no_mend.empty())
    text += wrapped("no statement is certain: " + visible(difference.no_mend), page.width(), 6) + '\n';
  return text;
}

std::string group_text(const DriftGroup& group, const Page& page) {
  std::string text =
      fmt::format("  {} {}: {}\n", page.mark(Verdict::Broken),
                  counted(group.schemas.size(), "schema differs", "schemas differ"), schemas_text(group, page));
  const std::size_t shown =
      page.style().verbose ? group.differences.size() : std::min(kDifferencesShown, group.differences.size());
  for (std::size_t i = 0; i < shown; ++i) text += difference_text(group.differences[i], page);
  if (shown < group.differences.size())
    text += fmt::format("    {} {} more; --verbose shows each\n", page.ellipsis(), group.differences.size() - shown);
  return text;
}

std::string set_text(const DriftSet& set, const Page& page) {
  const bool alike = set.groups.empty();
  if (alike && page.style().quiet) return {};
  std::string text = fmt::format("{} {}: {} of {} alike", page.mark(alike ? Verdict::Holds : Verdict::Broken),
                                 page.paint(Ink::Bold, visible(set.name)), set.alike, set.members());
  text += page.paint(Ink::Dim, fmt::format("{}{}", page.dot(), set.root.substr(0, 16))) + '\n';
  if (!alike) text += fmt::format("  expected: as {}\n", visible(set.reference));
  for (const auto& group : set.groups) text += group_text(group, page);
  return text;
}

}  // namespace

std::string drift_text(const Drift& drift, const Page& page) {
  std::string text;
  std::size_t odd = 0;
  for (const auto& set : drift.sets) {
    text += set_text(set, page);
    odd += set.members() - set.alike;
  }
  if (!page.style().quiet)
    for (const auto& line : drift.uncompared)
      text += fmt::format("{} not compared: {}\n", page.mark(Verdict::Unknown), visible(line));
  if (!text.empty()) text += '\n';
  if (odd == 0 && drift.sets.empty() && !drift.uncompared.empty()) return text + "nothing was compared\n";
  return text +
         (odd == 0
              ? page.paint(Ink::Green, drift.uncompared.empty() ? "no drift" : "no drift in what was compared") + '\n'
              : page.paint(Ink::Red, counted(odd, "schema differs", "schemas differ")) + '\n');
}

}  // namespace pgcontract::report
