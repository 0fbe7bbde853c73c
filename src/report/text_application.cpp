// What became of a plan, as text: one line an outcome, with the many that went alike for tenants folded to a count.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/display.hpp"
#include "report/page.hpp"

namespace pgcontract::report {
namespace {

constexpr std::size_t kAlikeShown = 20;  // tenant steps of one state, unless verbose

// How many tenant steps ended in each state, and how long they took in all.
struct Alike {
  std::size_t count = 0;
  std::size_t shown = 0;
  double seconds = 0;
};

std::string outcome_text(const Outcome& outcome, const Page& page) {
  const auto& step = outcome.step;
  const bool ran = outcome.state == StepState::Done || outcome.state == StepState::Failed;
  std::string text = fmt::format("{} {:>3}. {}", page.mark(outcome.state), step.number, visible(step.object));
  if (!step.clause.empty()) text += fmt::format("  {}", page.paint(Ink::Dim, visible(step.clause)));
  if (ran) text += fmt::format("  {}", duration(outcome.duration_seconds));
  if (outcome.attempts > 1) text += fmt::format("  {} attempts", outcome.attempts);
  if (outcome.state == StepState::Unneeded && page.style().unicode) text += "  unneeded";
  if (outcome.state == StepState::NotRun && page.style().unicode) text += "  not run";
  text += '\n';
  if (!outcome.error) return text;
  Style plain = page.style();
  plain.colour = false;
  return text + labelled("", error_text(*outcome.error, Page(plain)), 4);
}

std::string folded_text(StepState state, const Alike& alike, const Page& page) {
  const auto left = alike.count - alike.shown;
  const bool more = alike.shown > 0;
  auto text = fmt::format("{} {}{} {}", page.mark(state), left, more ? " more" : "",
                          left == 1 ? "tenant step" : "tenant steps");
  switch (state) {
    case StepState::Done: text += fmt::format(" done  {} in all", duration(alike.seconds)); break;
    case StepState::Unneeded: text += " unneeded"; break;
    case StepState::Failed: text += " failed"; break;
    case StepState::NotRun: text += " not run"; break;
  }
  return text + "; --verbose shows each\n";
}

class OutcomeList {
 public:
  OutcomeList(const Application& application, const Page& page) : page_(page) {
    for (const auto& outcome : application.outcomes) {
      if (!outcome.step.tenant) continue;
      auto& alike = of(outcome.state);
      ++alike.count;
      alike.seconds += outcome.duration_seconds;
    }
  }

  std::string text(const Application& application) {
    std::string text;
    for (const auto& outcome : application.outcomes)
      if (shows(outcome)) text += outcome_text(outcome, page_);
    for (const auto state : {StepState::Done, StepState::Unneeded, StepState::Failed, StepState::NotRun})
      if (hidden(state)) text += folded_text(state, of(state), page_);
    return text;
  }

 private:
  Alike& of(StepState state) { return alike_[static_cast<std::size_t>(state)]; }
  bool folds(StepState state) { return !page_.style().verbose && of(state).count > kAlikeShown; }
  bool silent(StepState state) const { return page_.style().quiet && state != StepState::Failed; }
  bool hidden(StepState state) { return folds(state) && !silent(state); }

  // Failures differ from each other, so the first ones are shown even where they fold.
  bool shows(const Outcome& outcome) {
    if (silent(outcome.state)) return false;
    if (!outcome.step.tenant || !folds(outcome.state)) return true;
    auto& alike = of(outcome.state);
    if (outcome.state != StepState::Failed || alike.shown >= kAlikeShown) return false;
    ++alike.shown;
    return true;
  }

  const Page& page_;
  std::array<Alike, 4> alike_{};
};

std::string closing_line(const Application& application, const Page& page) {
  const auto failed = application.count(StepState::Failed);
  auto text = fmt::format("{} done, {}", application.count(StepState::Done),
                          page.paint(failed > 0 ? Ink::Red : Ink::Green, fmt::format("{} failed", failed)));
  if (const auto unneeded = application.count(StepState::Unneeded); unneeded > 0)
    text += fmt::format(", {} unneeded", unneeded);
  if (const auto not_run = application.count(StepState::NotRun); not_run > 0)
    text += fmt::format(", {} not run", not_run);
  if (!application.job.is_nil()) text += fmt::format("{}job {}", page.dot(), application.job.canonical());
  return text + '\n';
}

}  // namespace

std::string application_text(const Application& application, const Page& page) {
  std::string text = OutcomeList(application, page).text(application);
  if (!text.empty()) text += '\n';
  return text + closing_line(application, page);
}

}  // namespace pgcontract::report
