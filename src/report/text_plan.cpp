// A plan as text: each step with why, what it locks, how to undo it, and the statements word for word as they will run.

#include <fmt/format.h>

#include <algorithm>

#include "report/display.hpp"
#include "report/page.hpp"

namespace pgcontract::report {
namespace {

void add_program(std::string& text, const Program& program) {
  text += fmt::format("     run: {}\n", visible(command_line(program)));
  if (!program.role.empty()) text += fmt::format("     as role: {}\n", visible(program.role));
  if (!program.search_path.empty()) text += fmt::format("     with search_path: {}\n", visible(program.search_path));
}

std::string step_text(const Step& step, const Page& page) {
  const auto risk = step.risk == Risk::Data ? Ink::Red : step.risk == Risk::Lock ? Ink::Yellow : Ink::Plain;
  const auto object = page.paint(Ink::Bold, visible(step.object));
  std::string text = fmt::format("{:>3}. {}  {}\n", step.number, object, page.paint(Ink::Dim, visible(step.clause)));
  if (!step.reason.empty()) text += wrapped(fmt::format("because {}", visible(step.reason)), page.width(), 5) + '\n';
  const auto lock = step.lock.empty() ? std::string("none") : visible(step.lock);
  text += fmt::format("     lock: {}{}{}{}\n", lock, page.dot(),
                      page.paint(risk, fmt::format("risk: {}", to_string(step.risk))),
                      step.transactional ? "" : fmt::format("{}each statement commits by itself", page.dot()));
  if (step.tenant) text += fmt::format("     tenant: {}\n", step.tenant->canonical());
  text += labelled("undo: ", step.undo, 5);
  if (page.style().verbose && !step.needed_if.empty()) text += labelled("only if: ", step.needed_if, 5);
  if (step.program) add_program(text, *step.program);
  for (std::size_t i = 0; i < step.statements.size(); ++i) {
    if (i < step.effects.size() && !step.effects[i].empty())
      text += fmt::format("       {}\n", page.paint(Ink::Dim, "-- " + visible(step.effects[i])));
    text += labelled("", step.statements[i] + ";", 7);
  }
  return text;
}

std::string manual_text(const std::vector<Plan::Manual>& manual, const Page& page) {
  if (manual.empty()) return {};
  std::string text = page.paint(Ink::Bold, "for a person to decide") + '\n';
  for (const auto& entry : manual) {
    const auto line = fmt::format("{} {}: {}", visible(entry.clause), visible(entry.object), visible(entry.message));
    text += wrapped(line, page.width(), 2) + '\n';
    if (!entry.consider.empty()) text += labelled("consider: ", entry.consider, 6);
  }
  return text;
}

std::string closing_line(const Plan& plan, const Page& page) {
  if (plan.empty()) return page.paint(Ink::Green, "nothing to change") + '\n';
  const auto with = [&](Risk risk) { return std::ranges::count(plan.steps, risk, &Step::risk); };
  auto text = counted(plan.steps.size(), "step", "steps");
  if (const auto locks = with(Risk::Lock); locks > 0)
    text += fmt::format("{}{} may wait for a lock", page.dot(), locks);
  if (const auto data = with(Risk::Data); data > 0)
    text += fmt::format("{}{}", page.dot(), page.paint(Ink::Red, fmt::format("{} may rewrite or remove rows", data)));
  if (!plan.manual.empty()) text += fmt::format("{}{} for a person to decide", page.dot(), plan.manual.size());
  return text + '\n';
}

}  // namespace

std::string plan_text(const Plan& plan, const Page& page) {
  std::string steps;
  for (const auto& step : plan.steps) steps += (steps.empty() ? "" : "\n") + step_text(step, page);
  std::string closing = closing_line(plan, page);
  if (!plan.continues.empty()) closing += wrapped(visible(plan.continues), page.width(), 0) + '\n';
  std::string text;
  for (const auto& part : {steps, manual_text(plan.manual, page), closing})
    if (!part.empty()) text += (text.empty() ? "" : "\n") + part;
  return text;
}

}  // namespace pgcontract::report
