// The verdict screen: one line a judged clause, one line an area for what could not be judged, then the findings. The
// lines fit one terminal screen for the whole contract; what does not fit is folded, never left out.

#include <fmt/format.h>

#include <algorithm>

#include "report/clause_id.hpp"
#include "report/display.hpp"
#include "report/page.hpp"

namespace pgcontract::report {
namespace {

constexpr int kScreenLines = 40;           // of verdict lines: with head, a waiver, summary and `next` that makes 50
constexpr std::size_t kHoldingNamed = 24;  // of one area
constexpr std::size_t kFindingsShown = 5;  // of one clause, unless verbose

enum class Folding {
  Reasons,       // unknown clauses of an area and a reason on one line
  HoldingById,   // and clauses that hold by id alone, two or more a line
  PlainUnknown,  // and unknown clauses of an area on one line, reasons left to --verbose
};

using Clauses = std::vector<const ClauseResult*>;

std::size_t open_findings(const ClauseResult& clause) {
  return static_cast<std::size_t>(std::ranges::count(clause.findings, false, &Finding::is_waived));
}

// "label: message", with PostgreSQL's word for the thing before it.
std::string finding_line(const Finding& finding) {
  std::string line = visible(finding.subject.kind);
  if (const auto label = finding.subject.label(); !label.empty())
    line += fmt::format("{}{}", line.empty() ? "" : " ", visible(label));
  if (finding.severity != Severity::Error) line = fmt::format("{}: {}", to_string(finding.severity), line);
  return fmt::format("{}{}{}", line, line.empty() ? "" : ": ", visible(finding.message));
}

std::string waiver_terms(const Waived& waived) {
  std::string terms = fmt::format("until {}", format_date(waived.until));
  if (!waived.by.empty()) terms += fmt::format(", by {}", visible(waived.by));
  return terms;
}

std::string phrase_of(const ClauseResult& clause) {
  const std::string title = visible(clause.title);
  switch (clause.verdict) {
    case Verdict::Holds:
      if (title.empty()) return visible(clause.reason);
      return clause.reason.empty() ? title : fmt::format("{} ({})", title, visible(clause.reason));
    case Verdict::Broken:
    case Verdict::Warned: return fmt::format("{}: {}", counted(open_findings(clause), "finding", "findings"), title);
    case Verdict::Waived:
      for (const auto& finding : clause.findings)
        if (finding.is_waived()) return fmt::format("{}: {}", waiver_terms(finding.waived.front()), title);
      return title;
    case Verdict::Unknown: return visible(clause.reason);
  }
  return title;
}

// The clauses as lines, area by area in the order given.
class VerdictScreen {
 public:
  VerdictScreen(const Verdicts& verdicts, const Page& page) : page_(page) {
    for (const auto& clause : verdicts.clauses) {
      const auto area = area_of(clause.clause);
      const auto same = std::ranges::find(areas_, area, [](const Clauses& list) { return area_of(list[0]->clause); });
      (same == areas_.end() ? areas_.emplace_back() : *same).push_back(&clause);
      if (clause.verdict != Verdict::Unknown || page.style().verbose)
        id_columns_ = std::max(id_columns_, columns_of(visible(clause.clause)));
    }
    id_columns_ = std::min(id_columns_, page.width() / 2);
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const Folding folding : {Folding::Reasons, Folding::HoldingById, Folding::PlainUnknown}) {
      lines.clear();
      for (const auto& area : areas_) add_area(area, folding, lines);
      if (page_.style().verbose || static_cast<int>(lines.size()) <= kScreenLines) break;
    }
    return lines;
  }

 private:
  void add_area(const Clauses& area, Folding folding, std::vector<std::string>& lines) const {
    Clauses unknown;
    Clauses holding;
    for (const auto* clause : area) {
      if (page_.style().quiet && clause->verdict != Verdict::Broken && clause->verdict != Verdict::Warned) continue;
      if (clause->verdict == Verdict::Unknown && !page_.style().verbose)
        unknown.push_back(clause);
      else if (clause->verdict == Verdict::Holds && folding != Folding::Reasons)
        holding.push_back(clause);
      else
        lines.push_back(line(*clause, page_.width()));
    }
    // Of so many, their names say nothing either.
    if (holding.size() > kHoldingNamed)
      lines.push_back(fmt::format("{} {}: {} hold; --verbose names them", page_.mark(Verdict::Holds),
                                  visible(area_of(holding[0]->clause)), holding.size()));
    else
      add_ids(holding, lines);
    if (folding == Folding::PlainUnknown && unknown.size() > 1)
      lines.push_back(folded(unknown, "--verbose says why"));
    else
      add_unknown(unknown, lines);
  }

  std::string line(const ClauseResult& clause, int width) const {
    const auto id = padded(visible(clause.clause), id_columns_);
    const int room = width - page_.mark_columns() - columns_of(id) - 3;
    const auto phrase = phrase_of(clause);
    return fmt::format("{} {}  {}", page_.mark(clause.verdict), id,
                       page_.style().verbose ? phrase : page_.shortened(phrase, room));
  }

  // By their ids alone, as many a line as fit: half a phrase would say nothing.
  void add_ids(const Clauses& holding, std::vector<std::string>& lines) const {
    const int cell = page_.mark_columns() + 1 + id_columns_ + 2;
    const auto a_line = static_cast<std::size_t>(std::max(1, page_.width() / cell));
    for (std::size_t at = 0; at < holding.size(); ++at) {
      const auto id = visible(holding[at]->clause);
      const bool last = at % a_line == a_line - 1 || at + 1 == holding.size();
      if (at % a_line == 0) lines.emplace_back();
      lines.back() += fmt::format("{} {}", page_.mark(Verdict::Holds), last ? id : padded(id, id_columns_ + 2));
    }
  }

  void add_unknown(Clauses unknown, std::vector<std::string>& lines) const {
    while (!unknown.empty()) {
      const std::string reason = unknown.front()->reason;
      const auto others =
          std::ranges::stable_partition(unknown, [&](const ClauseResult* clause) { return clause->reason == reason; });
      const Clauses same(unknown.begin(), others.begin());
      lines.push_back(same.size() == 1 ? alone(*same[0]) : folded(same, visible(reason)));
      unknown.erase(unknown.begin(), others.begin());
    }
  }

  std::string alone(const ClauseResult& clause) const {
    const auto text = fmt::format("{}: {}", visible(clause.clause), visible(clause.reason));
    return fmt::format("{} {}", page_.mark(Verdict::Unknown),
                       page_.paint(Ink::Dim, page_.shortened(text, page_.width() - page_.mark_columns() - 1)));
  }

  // "? backup (8): not judged by this version: logical_fresh, base_fresh …"
  std::string folded(const Clauses& clauses, const std::string& reason) const {
    std::string names;
    for (const auto* clause : clauses)
      names += fmt::format("{}{}", names.empty() ? "" : ", ", visible(name_in_area(clause->clause)));
    // Names first: the reason gets what they leave, within bounds that show a little of each.
    const auto head = fmt::format("{} ({}): ", visible(area_of(clauses[0]->clause)), clauses.size());
    const int left = page_.width() - page_.mark_columns() - 3 - columns_of(head) - columns_of(names);
    const int room = std::clamp(left, page_.width() * 2 / 5, page_.width() * 2 / 3);
    const auto text = fmt::format("{}{}: {}", head, page_.shortened(reason, room), names);
    return fmt::format("{} {}", page_.mark(Verdict::Unknown),
                       page_.paint(Ink::Dim, page_.shortened(text, page_.width() - page_.mark_columns() - 1)));
  }

  const Page& page_;
  std::vector<Clauses> areas_;
  int id_columns_ = 0;
};

void add_wrapped(std::string& text, int indent, std::string_view line, const Page& page) {
  text += wrapped(line, page.width(), indent) + '\n';
}

std::string finding_text(const Finding& finding, const Page& page) {
  std::string text;
  add_wrapped(text, 4, finding_line(finding), page);
  if (!finding.where.empty()) text += fmt::format("      at {}\n", visible(finding.where));
  if (!finding.consider.empty()) text += labelled("consider: ", finding.consider, 6);
  return text;
}

// The findings of one clause, waived or not, with a line on those left out.
std::string clause_findings(const ClauseResult& clause, bool waived, const Page& page) {
  std::string text;
  std::size_t shown = 0;
  std::size_t total = 0;
  for (const auto& finding : clause.findings) {
    if (finding.is_waived() != waived) continue;
    ++total;
    if (shown >= kFindingsShown && !page.style().verbose) continue;
    ++shown;
    text += waived ? "" : finding_text(finding, page);
    if (waived)
      add_wrapped(text, 4,
                  fmt::format("{}: {} ({})", visible(finding.subject.label()), visible(finding.waived.front().reason),
                              waiver_terms(finding.waived.front())),
                  page);
  }
  if (total > shown) text += fmt::format("    {} and {} more; --verbose shows all\n", page.ellipsis(), total - shown);
  return text;
}

std::string findings_text(const Verdicts& verdicts, bool waived, const Page& page) {
  std::string text;
  for (const auto& clause : verdicts.clauses) {
    const std::string findings = clause_findings(clause, waived, page);
    if (findings.empty()) continue;
    const auto head = page.shortened(fmt::format("{}: {}", visible(clause.clause), visible(clause.title)),
                                     page.width() - page.mark_columns() - 1);
    const Verdict shown = waived || clause.verdict == Verdict::Waived ? Verdict::Waived : clause.verdict;
    text += fmt::format("{} {}\n{}", page.mark(shown), page.paint(Ink::Bold, head), findings);
  }
  return text;
}

std::string closing_lines(const Verdicts& verdicts, const Page& page) {
  const int unknown = verdicts.count(Verdict::Unknown);
  const int broken = verdicts.count(Verdict::Broken);
  const int judged = static_cast<int>(verdicts.clauses.size()) - unknown;
  std::size_t findings = 0;
  for (const auto& clause : verdicts.clauses)
    if (clause.verdict == Verdict::Broken) findings += open_findings(clause);
  const int warned = verdicts.count(Verdict::Warned);
  std::string text =
      fmt::format("{} judged: {} hold, {} broken, {}{} waived{}{} unknown\n", judged, verdicts.count(Verdict::Holds),
                  broken, warned > 0 ? fmt::format("{} with warnings, ", warned) : "", verdicts.count(Verdict::Waived),
                  page.dot(), unknown);
  if (broken > 0)
    text += page.paint(Ink::Red, fmt::format("the contract is BROKEN: {}, {}",
                                             counted(static_cast<std::size_t>(broken), "clause", "clauses"),
                                             counted(findings, "finding", "findings")));
  else if (judged == 0)
    text += page.paint(Ink::Yellow, "nothing was judged: the contract may or may not hold");
  else
    text += page.paint(Ink::Green, unknown == 0 ? "the contract holds" : "the contract holds as far as it was judged");
  return text + '\n';
}

}  // namespace

std::string verdicts_text(const Verdicts& verdicts, const Page& page) {
  std::string text;
  for (const auto& line : VerdictScreen(verdicts, page).lines()) text += line + '\n';
  std::string details = findings_text(verdicts, /*waived=*/false, page);
  if (!page.style().quiet) details += findings_text(verdicts, /*waived=*/true, page);
  for (const auto& part : {details, closing_lines(verdicts, page)})
    if (!part.empty()) text += (text.empty() ? "" : "\n") + part;
  return text;
}

}  // namespace pgcontract::report
