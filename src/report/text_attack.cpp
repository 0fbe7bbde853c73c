// What the attacks did, as text: a line an attack, and below it what a person must know about those that came through.

#include <fmt/format.h>

#include <algorithm>

#include "report/display.hpp"
#include "report/page.hpp"

namespace pgcontract::report {
namespace {

Verdict verdict_of(AttackResult result) {
  switch (result) {
    case AttackResult::Refused: return Verdict::Holds;
    case AttackResult::Succeeded: return Verdict::Broken;
    case AttackResult::Residual: return Verdict::Waived;
    case AttackResult::NotJudged: return Verdict::Unknown;
  }
  return Verdict::Unknown;
}

std::string word_of(AttackResult result) {
  switch (result) {
    case AttackResult::Refused: return "refused";
    case AttackResult::Succeeded: return "SUCCEEDED";
    case AttackResult::Residual: return "residual";
    case AttackResult::NotJudged: return "not judged";
  }
  return {};
}

std::string outcome_text(const AttackOutcome& outcome, const Page& page) {
  constexpr int kWordColumns = 11;
  const std::string head = padded(outcome.id, 7) + padded(word_of(outcome.result), kWordColumns);
  std::string text = fmt::format(
      "{} {}", page.mark(outcome.result == AttackResult::Residual ? Verdict::Waived : verdict_of(outcome.result)),
      head);
  const std::string title = visible(outcome.title);
  if (outcome.result != AttackResult::Refused) {
    text += title + '\n';
    const std::string& detail = outcome.result == AttackResult::Residual ? outcome.promise : outcome.answer;
    const char* label = outcome.result == AttackResult::Succeeded ? "the attacker got: " : "";
    text += wrapped(label + visible(detail), page.width(), 4) + '\n';
    if (outcome.result == AttackResult::Succeeded && !outcome.clause.empty())
      text += fmt::format("    prevented by: {}\n", visible(outcome.clause));
    return text;
  }
  const std::string with =
      fmt::format("{}{}{}", outcome.sqlstate, outcome.sqlstate.empty() ? "" : " ", visible(outcome.answer));
  const int left = page.width() - page.mark_columns() - 1 - columns_of(head) - columns_of(title) - 3;
  text += title;
  if (left > 12) text += "  " + page.paint(Ink::Dim, page.shortened(with, left));
  return text + '\n';
}

}  // namespace

std::string attacks_text(const AttackRun& run, const Page& page) {
  std::string text;
  for (const auto& outcome : run.outcomes) {
    const bool asks = outcome.result == AttackResult::Succeeded || outcome.result == AttackResult::NotJudged;
    if (asks || !page.style().quiet) text += outcome_text(outcome, page);
  }
  if (!text.empty()) text += '\n';
  const int succeeded = run.count(AttackResult::Succeeded);
  text += fmt::format("{}, {}, {} residual", fmt::format("{} refused", run.count(AttackResult::Refused)),
                      page.paint(succeeded > 0 ? Ink::Red : Ink::Green, fmt::format("{} succeeded", succeeded)),
                      run.count(AttackResult::Residual));
  if (const int unknown = run.count(AttackResult::NotJudged); unknown > 0)
    text += fmt::format(", {} not judged", unknown);
  text += fmt::format("{}{}{}profile {}", page.dot(), counted(run.outcomes.size(), "attack", "attacks"), page.dot(),
                      visible(run.profile));
  if (!run.with.empty()) text += fmt::format("{}with {}", page.dot(), visible(run.with));
  return text + '\n';
}

}  // namespace pgcontract::report
