// A proof as text: one line that says how it stands, then each way across with its path and the SQL that shows it.

#include <fmt/format.h>

#include "report/display.hpp"
#include "report/page.hpp"

namespace pgcontract::report {
namespace {

std::string verdict_line(const Proof& proof, const Page& page) {
  const auto searched = fmt::format("{} searched in {} of tenants", counted(proof.objects, "object", "objects"),
                                    counted(proof.classes, "class", "classes"));
  const std::string pairs =
      fmt::format("{} ordered pairs of {}", proof.pairs, counted(proof.tenants, "tenant", "tenants"));
  if (proof.holds())
    return fmt::format("{} no tenant reaches another: all {} hold{}{}\n", page.mark(Verdict::Holds), pairs, page.dot(),
                       searched);
  return fmt::format("{} {} of {} break, in {}{}{}\n", page.mark(Verdict::Broken), proof.broken_pairs, pairs,
                     counted(proof.breaks.size(), "way", "ways"), page.dot(), searched);
}

std::string side_text(const Side& side) {
  if (side.tenants <= 1) return visible(side.example);
  return fmt::format("{} tenants (such as {})", side.tenants, visible(side.example));
}

std::string break_text(const Break& broken, const Page& page) {
  const std::string object = broken.subject.label();
  const std::string more = broken.objects > 1 ? fmt::format(" and {} more", broken.objects - 1) : "";
  std::string text = fmt::format(
      "{} {}  {}\n", page.mark(broken.certain ? Verdict::Broken : Verdict::Unknown),
      page.paint(Ink::Bold, fmt::format("{} {}{}", visible(broken.subject.kind), visible(object), more)),
      page.paint(Ink::Dim, fmt::format("{}{}{}", visible(broken.kind), page.dot(), visible(broken.clause))));
  const std::string_view does = broken.effect == Effect::RunsCode ? "has its code run" : to_string(broken.effect);
  std::string line = fmt::format("{}: {} -> {}", does, side_text(broken.who), side_text(broken.whom));
  if (broken.pairs > 0) line += fmt::format(", {}", counted(static_cast<std::size_t>(broken.pairs), "pair", "pairs"));
  text += wrapped(line, page.width(), 2) + '\n';
  if (!broken.certain) text += wrapped(fmt::format("not certain: {}", visible(broken.doubt)), page.width(), 2) + '\n';
  std::string at = broken.path.empty() ? "" : broken.path.front().from;
  for (const auto& edge : broken.path) at += fmt::format(" -[{}]-> {}", edge.by, edge.to);
  text += wrapped(fmt::format("path: {}", visible(at)), page.width(), 2) + '\n';
  for (const auto& act : broken.demonstration) text += labelled(fmt::format("as {}: ", quoted(act.role)), act.sql, 2);
  return text;
}

}  // namespace

std::string proof_text(const Proof& proof, const Page& page) {
  std::string text = verdict_line(proof, page);
  for (const auto& broken : proof.breaks) text += '\n' + break_text(broken, page);
  return text;
}

}  // namespace pgcontract::report
