// Every clause's examples (src/compare/**/<clause>.examples), run against a real server: a conforming cluster with one
// tenant, each example in a transaction that is rolled back.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "compare/compare.hpp"
#include "compare/examples.hpp"
#include "observe/observe.hpp"
#include "support/deployment.hpp"

namespace pgcontract::test {
namespace {

Deployment* g_deployment = nullptr;

class ConformingCluster : public ::testing::Environment {
 public:
  void SetUp() override {
    deployment_ = std::make_unique<Deployment>();
    deployment_->apply();
    deployment_->add_tenant("11111111-1111-4111-8111-111111111111", "Acme");
    g_deployment = deployment_.get();
  }
  void TearDown() override { deployment_.reset(); }

 private:
  std::unique_ptr<Deployment> deployment_;
};

const auto* const g_environment = ::testing::AddGlobalTestEnvironment(new ConformingCluster);

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text = text.substr(at + separator.size());
  }
}

// "key = value" of an example that SQL cannot make: changes what was observed, or the contract.
void alter(const std::string& line, Contract& contract, Observation& observation) {
  const auto at = line.find(" = ");
  ASSERT_NE(at, std::string::npos) << line;
  const std::string key = line.substr(0, at);
  const std::string value = line.substr(at + 3);
  const auto keep = [&](const std::string& text) { return observation.keep(text); };
  if (key == "server.version_num") {
    observation.server.version_num = std::stoi(value);
    observation.server.version = keep(fmt::format("{}.{}", std::stoi(value) / 10000, std::stoi(value) % 10000));
  } else if (key.starts_with("setting.")) {
    for (auto& setting : observation.settings)
      if (setting.name == key.substr(8)) setting.value = keep(value);
  } else if (key == "migrations.application.heads") {
    observation.migrations.application.heads = split(value, ",");
  } else if (key == "migrations.application.problem") {
    const auto parts = split(value, "|");
    observation.migrations.application.problems.push_back({parts.at(0), parts.at(1), parts.at(2)});
  } else if (key == "migrations.digest") {
    observation.migrations.digest = value;
  } else if (key == "migrations.tenant.sha256") {
    const auto parts = split(value, "|");
    for (auto& revision : observation.migrations.tenant.revisions)
      if (revision.id == parts.at(0)) revision.sha256 = parts.at(1);
  } else if (key == "evidence") {
    const auto parts = split(value, "|");
    Evidence evidence{keep(parts.at(0)), keep(parts.at(1)), keep(parts.at(2)), {}};
    for (std::size_t i = 3; i < parts.size(); ++i) evidence.detail.push_back(keep(parts[i]));
    std::erase_if(observation.evidence, [&](const Evidence& e) { return e.kind == evidence.kind; });
    observation.evidence.push_back(std::move(evidence));
  } else if (key == "waiver") {
    const auto parts = split(value, "|");
    contract.waivers.push_back({parts.at(0), parts.at(1), parts.at(2), expect(parse_date(parts.at(3))), "", {}});
  } else {
    FAIL() << "unknown key: " << key;
  }
}

struct Case {
  std::string clause;
  compare::Example example;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& clause : compare::clauses())
    for (auto& example : compare::examples_of(clause.id)) cases.push_back({std::string(clause.id), std::move(example)});
  return cases;
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  std::string name = fmt::format("{}_{}_{}", info.param.clause, info.index, info.param.example.title);
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

class ClauseExample : public ::testing::TestWithParam<Case> {};

TEST_P(ClauseExample, gives_its_verdict_and_findings) {
  const auto& [clause, example] = GetParam();
  auto connection = g_deployment->connect();
  expect(connection.execute("BEGIN"));
  if (!example.is_observation && !example.body.empty()) expect(connection.execute(example.body));
  Contract contract = g_deployment->place().contract;
  Observation observation = expect(observe::observe_world(connection, contract));
  expect(connection.execute("ROLLBACK"));
  if (example.is_observation)
    for (const auto& line : split(example.body, "\n"))
      if (!line.empty()) alter(line, contract, observation);
  const Judged judged{contract, g_deployment->place().environment, observation, date_of(now())};
  const Verdicts verdicts = compare::judge(judged);
  const ClauseResult* result = verdicts.find(clause);
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(to_string(result->verdict), example.verdict) << result->reason;
  std::vector<std::string> findings;
  for (const auto& finding : result->findings)
    if (!finding.is_waived()) findings.push_back(finding.subject.label() + ": " + finding.message);
  std::ranges::sort(findings);
  EXPECT_EQ(findings, example.findings);
}

INSTANTIATE_TEST_SUITE_P(clauses, ClauseExample, ::testing::ValuesIn(all_cases()), name_of);

TEST(ClauseExamples, every_judged_clause_has_one_that_keeps_it_and_one_that_breaks_it) {
  for (const auto& clause : compare::clauses()) {
    if (!clause.check) continue;
    const auto examples = compare::examples_of(clause.id);
    const auto broken = std::ranges::count(examples, "broken", &compare::Example::verdict);
    EXPECT_GE(broken, 1) << clause.id;
    EXPECT_GE(static_cast<std::ptrdiff_t>(examples.size()) - broken, 1) << clause.id;
  }
}

// The good state is whole: nothing but the contract's own waiver stands out.
TEST(ConformingClusterTest, keeps_every_judged_clause) {
  auto connection = g_deployment->connect();
  const Observation observation = expect(observe::observe_world(connection, g_deployment->place().contract));
  const Verdicts verdicts = compare::judge(command::judged(g_deployment->place(), observation));
  for (const auto& result : verdicts.clauses)
    for (const auto& finding : result.findings)
      EXPECT_TRUE(finding.is_waived()) << result.clause << ": " << finding.subject.label() << ": " << finding.message;
}

}  // namespace
}  // namespace pgcontract::test
