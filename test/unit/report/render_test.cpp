#include "report/render.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "examples.hpp"
#include "golden.hpp"
#include "report/display.hpp"

namespace pgcontract::report {
namespace {

struct NamedFormat {
  std::string_view suffix;
  Format format;
};
void PrintTo(const NamedFormat& format, std::ostream* out) { *out << format.suffix; }

constexpr NamedFormat kFormats[] = {{"txt", Format::Text},
                                    {"json", Format::Json},
                                    {"junit.xml", Format::JUnit},
                                    {"sarif", Format::Sarif},
                                    {"md", Format::Markdown}};

class Golden : public testing::TestWithParam<std::tuple<Example, NamedFormat>> {};

TEST_P(Golden, IsAsAccepted) {
  const auto& [example, format] = GetParam();
  Report report = example.make();
  // Text and Markdown fold what is alike; elsewhere it would only make the golden file long.
  if (report.verdicts && format.format != Format::Text && format.format != Format::Markdown) {
    int number = 0;
    std::erase_if(report.verdicts->clauses, [&](const ClauseResult& clause) {
      return clause.findings.empty() && clause.verdict != Verdict::Broken && ++number % 9 != 0;
    });
    for (auto& clause : report.verdicts->clauses)
      if (clause.findings.size() > 3) clause.findings.resize(3);
  }
  expect_same_as(fmt::format("test/unit/report/golden/{}.{}", example.name, format.suffix),
                 render(report, format.format, Style{}));
}

INSTANTIATE_TEST_SUITE_P(Reports, Golden, testing::Combine(testing::ValuesIn(kExamples), testing::ValuesIn(kFormats)),
                         [](const auto& parameters) {
                           auto name = fmt::format("{}_{}", std::get<0>(parameters.param).name,
                                                   std::get<1>(parameters.param).suffix);
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

int widest_line(const std::string& text) {
  int widest = 0;
  for (const auto& line : lines_of(text)) widest = std::max(widest, columns_of(line));
  return widest;
}

TEST(VerdictScreen, FitsOneScreen) {
  const auto text = render(holding_report(), Format::Text, Style{});
  EXPECT_LE(lines_of(text).size(), 50u) << text;
  EXPECT_LE(widest_line(text), 100) << text;
  EXPECT_NE(text.find("31 judged: 30 hold, 0 broken, 1 waived · 35 unknown\n"), std::string::npos) << text;
}

TEST(VerdictScreen, FitsOneScreenWhereEachUnknownClauseHasItsOwnReason) {
  Report report = holding_report();
  for (auto& clause : report.verdicts->clauses)
    if (clause.verdict == Verdict::Unknown) clause.reason = "permission denied for the view of " + clause.clause;
  const auto text = render(report, Format::Text, Style{});
  EXPECT_LE(lines_of(text).size(), 50u) << text;
  EXPECT_LE(widest_line(text), 100) << text;
  EXPECT_NE(text.find("--verbose says why"), std::string::npos) << text;
}

TEST(VerdictScreen, ListsWhatHoldsByIdBeforeItFoldsReasons) {
  Report report = holding_report();
  for (int number = 0; number < 12; ++number) {
    ClauseResult clause = report.verdicts->clauses[2];
    clause.clause = fmt::format("server.more_{}", number);
    report.verdicts->clauses.push_back(clause);
  }
  const auto text = render(report, Format::Text, Style{});
  EXPECT_LE(lines_of(text).size(), 50u) << text;
  EXPECT_LE(widest_line(text), 100) << text;
  EXPECT_NE(text.find("server.more_11"), std::string::npos) << text;
  EXPECT_NE(text.find("not judged by this version"), std::string::npos) << text;
}

TEST(VerdictScreen, ShowsEveryClauseWhenVerbose) {
  const Report report = holding_report();
  const auto text = render(report, Format::Text, Style{.verbose = true});
  for (const auto& clause : report.verdicts->clauses)
    EXPECT_NE(text.find(fmt::format(" {} ", clause.clause)), std::string::npos) << clause.clause;
}

TEST(VerdictScreen, ShowsEveryFindingWhenVerbose) {
  EXPECT_NE(render(broken_report(), Format::Text, Style{}).find("… and 995 more; --verbose shows all"),
            std::string::npos);
  const auto text = render(broken_report(), Format::Text, Style{.verbose = true});
  EXPECT_NE(text.find("research_run.seen_1000:"), std::string::npos);
  EXPECT_EQ(text.find("more; --verbose"), std::string::npos);
}

TEST(VerdictScreen, IsNeverGreenWhereNothingWasJudged) {
  Report report = holding_report();
  for (auto& clause : report.verdicts->clauses) clause.verdict = Verdict::Unknown;
  EXPECT_EQ(render(report, Format::Text, Style{}).find("contract holds"), std::string::npos);
  EXPECT_EQ(render(report, Format::Markdown, Style{}).find("contract holds"), std::string::npos);
}

TEST(VerdictScreen, SaysLessOnlyWhereAllWasJudged) {
  Report report = holding_report();
  EXPECT_NE(render(report, Format::Text, Style{}).find("the contract holds as far as it was judged\n"),
            std::string::npos);
  std::erase_if(report.verdicts->clauses, [](const auto& clause) { return clause.verdict == Verdict::Unknown; });
  EXPECT_NE(render(report, Format::Text, Style{}).find("the contract holds\n"), std::string::npos);
}

TEST(Text, QuietKeepsWhatAsksForAttention) {
  const Style quiet{.quiet = true};
  EXPECT_EQ(render(holding_report(), Format::Text, quiet),
            "31 judged: 30 hold, 0 broken, 1 waived · 35 unknown\nthe contract holds as far as it was judged\n");
  const auto broken = render(broken_report(), Format::Text, quiet);
  EXPECT_NE(broken.find("✘ migrations.single_head"), std::string::npos) << broken;
  EXPECT_EQ(broken.find("✔"), std::string::npos) << broken;
  EXPECT_EQ(broken.find("next:"), std::string::npos) << broken;
  const auto applied = render(application_report(), Format::Text, quiet);
  EXPECT_TRUE(applied.starts_with("✘   9. ")) << applied;
}

TEST(Text, IsPlainAsciiWithoutUnicode) {
  for (const auto& make : {holding_report, broken_report, plan_report, application_report, error_report}) {
    const auto text = render(make(), Format::Text, Style{.unicode = false});
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) << text;
  }
  const auto text = render(broken_report(), Format::Text, Style{.unicode = false});
  EXPECT_NE(text.find("ok      server.version"), std::string::npos) << text;
  EXPECT_NE(text.find("BROKEN  schema.temporal_type"), std::string::npos) << text;
}

TEST(Text, IsTheSameBelowItsColours) {
  for (const auto& example : kExamples) {
    auto coloured = render(example.make(), Format::Text, Style{.colour = true});
    for (std::size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b'))
      coloured.erase(at, coloured.find('m', at) - at + 1);
    EXPECT_EQ(coloured, render(example.make(), Format::Text, Style{})) << example.name;
  }
  EXPECT_NE(render(broken_report(), Format::Text, Style{.colour = true}).find("\x1b[1;31m✘"), std::string::npos);
}

TEST(Text, SaysThatThereIsNothingToChange) {
  Report report;
  report.command = "plan";
  report.plan.emplace();
  EXPECT_EQ(render(report, Format::Text, Style{}), "nothing to change\n");
}

TEST(Page, StandsInsteadOfTheTables) {
  Report report = table_report();
  report.page = "# tenancy.rls_forced\n\nWhy: *owners* pass\x1b[2J\n";
  for (const auto format : {Format::Text, Format::Markdown}) {
    const auto text = render(report, format, Style{});
    EXPECT_NE(text.find("# tenancy.rls_forced\n\nWhy: *owners* pass\\x1b[2J\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("東京支社"), std::string::npos) << text;
  }
  EXPECT_NE(render(report, Format::Json, Style{}).find("東京支社"), std::string::npos);
}

TEST(Text, ShowsStatementsWordForWord) {
  const Report report = plan_report();
  const auto text = render(report, Format::Text, Style{.width = 40});
  EXPECT_NE(text.find("       \tSELECT id FROM pgcontract.tenant WHERE role = session_user\n       $$;\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("run: alembic -c 'packages/api/alembic dev.ini' upgrade head\n"), std::string::npos) << text;
}

TEST(Text, FoldsTenantStepsThatWentAlike) {
  const auto folded = render(application_report(), Format::Text, Style{});
  EXPECT_NE(folded.find("✔ 25 tenant steps done  12.5 s in all; --verbose shows each\n"), std::string::npos) << folded;
  EXPECT_NE(folded.find("26 done, 1 failed, 1 unneeded, 1 not run"), std::string::npos) << folded;
  const auto all = render(application_report(), Format::Text, Style{.verbose = true});
  EXPECT_NE(all.find("schema of tenant 26"), std::string::npos) << all;
}

TEST(Text, ShowsTheFirstFailuresOfMany) {
  Report report = application_report();
  for (auto& outcome : report.application->outcomes)
    if (outcome.step.tenant) outcome.state = StepState::Failed;
  const auto text = render(report, Format::Text, Style{});
  EXPECT_NE(text.find("schema of tenant 20 "), std::string::npos) << text;
  EXPECT_EQ(text.find("schema of tenant 21 "), std::string::npos) << text;
  EXPECT_NE(text.find("✘ 6 more tenant steps failed"), std::string::npos) << text;
}

TEST(Markdown, StaysBelowWhatACommentMayHold) {
  Report report = broken_report();
  for (auto& clause : report.verdicts->clauses) {
    clause.verdict = Verdict::Broken;
    clause.findings.assign(100, finding_of(clause.clause, {"table", "s", "t", ""}, std::string(1000, 'x')));
  }
  report.plan = plan_report().plan;
  for (int number = 0; number < 1000; ++number) report.plan->steps.push_back(report.plan->steps[1]);
  const auto text = render(report, Format::Markdown, Style{});
  EXPECT_LT(text.size(), 65'536u);
  EXPECT_NE(text.find("more: run `pgcontract plan`"), std::string::npos);
}

TEST(RenderError, IsWhatStderrShows) {
  EXPECT_EQ(render_error(*error_report().error, Style{}),
            "pgcontract: error: contract.yaml:3:1: unknown key \"enviroments\"\n  hint: Did you mean "
            "\"environments\"?\n");
}

}  // namespace
}  // namespace pgcontract::report
