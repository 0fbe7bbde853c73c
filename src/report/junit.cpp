// The JUnit format, for CI systems that show tests: a suite an area, a case a clause; a suite of the steps applied, and
// one for an error of the command. Follows the schema Jenkins and GitLab read.

#include <fmt/format.h>

#include "report/clause_id.hpp"
#include "report/display.hpp"
#include "report/formats.hpp"
#include "report/xml.hpp"

namespace pgcontract::report {
namespace {

struct Suite {
  std::string name;
  std::string cases;  // as XML
  int tests = 0;
  int failures = 0;
  int errors = 0;
  int skipped = 0;
  double seconds = 0;
};

std::string described(const Finding& finding) {
  std::string text = fmt::format(
      "{}{} {}: {}", finding.severity == Severity::Error ? "" : fmt::format("{}: ", to_string(finding.severity)),
      finding.subject.kind, finding.subject.label(), finding.message);
  if (!finding.where.empty()) text += fmt::format("\n  at {}", finding.where);
  if (!finding.consider.empty()) text += fmt::format("\n  consider: {}", finding.consider);
  for (const auto& waived : finding.waived)
    text += fmt::format("\n  waived until {}: {}", format_date(waived.until), waived.reason);
  return text + '\n';
}

void open_case(Suite& suite, std::string_view name, double seconds) {
  ++suite.tests;
  suite.seconds += seconds;
  suite.cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", xml_text(suite.name),
                             xml_text(name), seconds);
}

void close_case(Suite& suite, std::string_view element, std::string_view message, std::string_view body) {
  suite.cases += fmt::format(">\n      <{} message=\"{}\"", element, xml_text(message));
  if (element != "skipped") suite.cases += fmt::format(" type=\"{}\"", element == "failure" ? "broken" : "error");
  suite.cases += body.empty() ? "/>\n" : fmt::format(">{}</{}>\n", xml_text(body, /*lines=*/true), element);
  suite.cases += "    </testcase>\n";
}

void add_clause(Suite& suite, const ClauseResult& clause) {
  open_case(suite, clause.clause, 0);
  std::string findings;
  std::string waiver;
  for (const auto& finding : clause.findings) {
    findings += described(finding);
    if (finding.is_waived() && waiver.empty())
      waiver =
          fmt::format("waived until {}: {}", format_date(finding.waived.front().until), finding.waived.front().reason);
  }
  switch (clause.verdict) {
    case Verdict::Holds: suite.cases += "/>\n"; break;
    case Verdict::Broken:
      ++suite.failures;
      close_case(suite, "failure", clause.title, findings);
      break;
    case Verdict::Waived:
      ++suite.skipped;
      close_case(suite, "skipped", waiver.empty() ? "waived" : waiver, {});
      break;
    case Verdict::Unknown:
      ++suite.skipped;
      close_case(suite, "skipped", fmt::format("unknown: {}", clause.reason), {});
      break;
    case Verdict::Warned:  // a test that passes, and says something
      suite.cases +=
          fmt::format(">\n      <system-out>{}</system-out>\n    </testcase>\n", xml_text(findings, /*lines=*/true));
      break;
  }
}

std::string described(const Error& error) {
  std::string text = error.describe();
  if (!error.hint.empty()) text += fmt::format("\nhint: {}", error.hint);
  if (!error.sqlstate.empty()) text += fmt::format("\nsqlstate: {}", error.sqlstate);
  return text;
}

Suite application_suite(const Application& application) {
  Suite suite{.name = "apply", .cases = {}};
  for (const auto& outcome : application.outcomes) {
    open_case(suite, fmt::format("{}. {}", outcome.step.number, outcome.step.object), outcome.duration_seconds);
    if (outcome.state == StepState::Failed) {
      ++suite.errors;
      close_case(suite, "error", outcome.error ? outcome.error->message : "failed",
                 outcome.error ? described(*outcome.error) : "");
    } else if (outcome.state == StepState::NotRun) {
      ++suite.skipped;
      close_case(suite, "skipped", "not run", {});
    } else {
      suite.cases += "/>\n";
    }
  }
  return suite;
}

Suite attack_suite(const AttackRun& run) {
  Suite suite{.name = "attacks", .cases = {}};
  for (const auto& outcome : run.outcomes) {
    open_case(suite, outcome.id, 0);
    switch (outcome.result) {
      case AttackResult::Refused: suite.cases += "/>\n"; break;
      case AttackResult::Succeeded:
        ++suite.failures;
        close_case(suite, "failure", outcome.title, "the attacker got: " + outcome.answer);
        break;
      case AttackResult::Residual:
        ++suite.skipped;
        close_case(suite, "skipped", outcome.promise, {});
        break;
      case AttackResult::NotJudged:
        ++suite.skipped;
        close_case(suite, "skipped", "not judged: " + outcome.answer, {});
        break;
    }
  }
  return suite;
}

std::vector<Suite> suites_of(const Report& report) {
  std::vector<Suite> suites;
  if (report.verdicts) {
    for (const auto& clause : report.verdicts->clauses) {
      const auto area = area_of(clause.clause);
      auto suite = suites.begin();
      while (suite != suites.end() && suite->name != area) ++suite;
      if (suite == suites.end()) suite = suites.insert(suites.end(), Suite{.name = std::string(area), .cases = {}});
      add_clause(*suite, clause);
    }
  }
  if (report.application) suites.push_back(application_suite(*report.application));
  if (report.attacks) suites.push_back(attack_suite(*report.attacks));
  if (report.error) {
    Suite& suite = suites.emplace_back(Suite{.name = "pgcontract", .cases = {}});
    open_case(suite, report.command, 0);
    ++suite.errors;
    close_case(suite, "error", report.error->message, described(*report.error));
  }
  return suites;
}

std::string counts_of(const Suite& suite) {
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"", suite.tests,
                     suite.failures, suite.errors, suite.skipped, suite.seconds);
}

}  // namespace

std::string xml_text(std::string_view text, bool lines) {
  std::string shown;
  if (!lines) {
    shown = visible(text);
  } else {
    for (const auto& line : visible_lines(text)) shown += (shown.empty() ? "" : "\n") + line;
  }
  std::string escaped;
  for (const char c : shown) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string render_junit(const Report& report) {
  const auto suites = suites_of(report);
  Suite all{.name = {}, .cases = {}};
  for (const auto& suite : suites) {
    all.tests += suite.tests;
    all.failures += suite.failures;
    all.errors += suite.errors;
    all.skipped += suite.skipped;
    all.seconds += suite.seconds;
  }
  all.seconds = std::max(all.seconds, report.scene.duration_seconds);
  // The schema's dateTime has neither fraction nor zone.
  const auto timestamp = format_instant(report.scene.at).substr(0, 19);
  auto name = fmt::format("pgcontract {} {} {}", report.command, report.scene.contract_name, report.scene.environment);
  while (name.ends_with(' ')) name.pop_back();
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  xml += fmt::format("<testsuites name=\"{}\" {}>\n", xml_text(name), counts_of(all));
  for (const auto& suite : suites)
    xml += fmt::format("  <testsuite name=\"{}\" {} timestamp=\"{}\">\n{}  </testsuite>\n", xml_text(suite.name),
                       counts_of(suite), timestamp, suite.cases);
  return xml + "</testsuites>\n";
}

}  // namespace pgcontract::report
