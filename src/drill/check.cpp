#include "drill/check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pgcontract::drill {
namespace {

// Within a cell: one line, no cell's end, nothing that a reader's program takes for markup.
std::string cell(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '`' || c == '<' || c == '*' || c == '_') safe += '\\';
    if (c == '\n') {
      safe += "; ";
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      safe += c;
    }
  }
  return safe;
}

std::string objective(int minutes) { return minutes == 0 ? "" : fmt::format(" (objective: {} min)", minutes); }

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Proved: return "proved";
    case Verdict::Failed: return "failed";
    case Verdict::NotJudged: return "not_judged";
  }
  return "";
}

int Run::count(Verdict verdict) const { return static_cast<int>(std::ranges::count(checks, verdict, &Check::verdict)); }

bool Run::proved() const { return count(Verdict::Failed) == 0 && count(Verdict::Proved) > 0; }

std::string runbook_entry(const Run& run) {
  std::string text = fmt::format("<!-- pgcontract drill {} -->\n## Drill {}: {}\n\n| | |\n|---|---|\n", run.id, run.id,
                                 run.proved() ? "proved" : "failed");
  const auto row = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("| {} | {} |\n", name, cell(value));
  };
  row("date", format_instant(run.at));
  row("environment", run.environment);
  row("store", run.store);
  row("backup", run.backup);
  row("target", fmt::format("{}: {}", run.kind, run.target));
  row("reached", run.reached);
  row("last commit", run.last_commit ? format_instant(*run.last_commit) : "");
  if (run.rto_seconds() > 0)
    row("recovery time", fmt::format("{:.1f} s{}: unpack {:.1f} s, replay and start {:.1f} s", run.rto_seconds(),
                                     objective(run.objective_rto_minutes), run.unpack_seconds, run.replay_seconds));
  if (run.rpo_seconds)
    row("recovery point", fmt::format("{:.1f} s{}", *run.rpo_seconds, objective(run.objective_rpo_minutes)));
  row("data", fmt::format("{} files, {:.1f} MB, {} WAL segments", run.files,
                          static_cast<double>(run.unpacked_bytes) / 1e6, run.segments));
  row("checks", fmt::format("{} proved, {} failed, {} not judged, {:.1f} s", run.count(Verdict::Proved),
                            run.count(Verdict::Failed), run.count(Verdict::NotJudged), run.check_seconds));
  text += "\n| check | verdict | seconds | found |\n|---|---|---|---|\n";
  for (const auto& check : run.checks)
    text += fmt::format("| {} | {} | {:.1f} | {} |\n", cell(check.name),
                        check.verdict == Verdict::NotJudged ? "not judged" : to_string(check.verdict), check.seconds,
                        cell(check.found));
  text += "\nFindings:";
  if (run.proved()) text += " none";
  text += "\n";
  for (const auto& check : run.checks)
    if (check.verdict == Verdict::Failed) text += fmt::format("\n- {}: {}", cell(check.name), cell(check.found));
  return text + (run.proved() ? "" : "\n");
}

}  // namespace pgcontract::drill
