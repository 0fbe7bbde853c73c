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

// "5h", "3d", "40m".
std::chrono::minutes age(const std::string& text) {
  const int number = std::stoi(text);
  return std::chrono::minutes(number * (text.back() == 'm' ? 1 : text.back() == 'h' ? 60 : 1440));
}

BackupState state_named(const std::string& name) {
  for (const auto state : {BackupState::Complete, BackupState::Verified, BackupState::Proven})
    if (to_string(state) == name) return state;
  return BackupState::Taken;
}

// What a store holds: keys "backups.*", ages counted back from the observation. False: another key.
bool alter_backups(const std::string& key, const std::vector<std::string>& parts, Observation& observation) {
  BackupFacts& facts = observation.backups;
  const auto part = [&](std::size_t i) { return i < parts.size() ? parts[i] : std::string(); };
  const auto at = [&](std::size_t i) { return observation.taken_at - age(parts.at(i)); };
  if (!key.starts_with("backups.")) return false;
  facts.read = true;
  if (facts.store.empty()) facts.store = "the test's store";
  if (key == "backups.store") {
    facts.store = part(0);
  } else if (key == "backups.logical") {
    LogicalBackup backup;
    backup.id = part(0);
    backup.database = part(1);
    backup.started_at = backup.finished_at = at(2);
    backup.problem = part(3);
    facts.logical.push_back(std::move(backup));
  } else if (key == "backups.base") {
    BaseBackup backup;
    backup.name = part(0);
    backup.timeline = 1;
    backup.finished_at = at(1);
    backup.state = state_named(part(2));
    backup.problem = part(3);
    facts.base.push_back(std::move(backup));
  } else if (key == "backups.window") {
    facts.windows.push_back({{static_cast<std::uint32_t>(std::stoi(part(0))), 0, 0, at(1), at(2)}, {}});
  } else if (key == "backups.gap") {
    facts.gaps.push_back(
        {{static_cast<std::uint32_t>(std::stoi(part(0))), std::stoull(part(1)), std::stoull(part(2)), {}, {}},
         part(3)});
  } else if (key == "backups.last_wal") {
    facts.last_wal = part(0);
    facts.last_wal_at = at(1);
  } else if (key == "backups.drill") {
    facts.drills.push_back({part(0), at(1), part(2) == "proven", part(3)});
  } else if (key == "backups.runbook") {
    facts.runbook_read = true;
    facts.runbook_drill = part(0);
  } else {
    return false;
  }
  return true;
}

// "key = value" of an example that SQL cannot make: changes what was observed, or the contract.
void alter(const std::string& line, Contract& contract, Observation& observation) {
  const auto at = line.find(" = ");
  ASSERT_NE(at, std::string::npos) << line;
  const std::string key = line.substr(0, at);
  const std::string value = line.substr(at + 3);
  const auto keep = [&](const std::string& text) { return observation.keep(text); };
  if (alter_backups(key, split(value, "|"), observation)) return;
  if (key == "taken_at") {
    observation.taken_at = Instant(std::chrono::seconds(std::stoll(value)));
  } else if (key == "cluster.age") {
    const auto made = std::chrono::floor<std::chrono::seconds>(observation.taken_at - age(value));
    observation.server.system_identifier =
        keep(std::to_string(static_cast<std::uint64_t>(made.time_since_epoch().count()) << 32));
  } else if (key == "archiver") {
    const auto parts = split(value, "|");
    observation.archiver = {1,
                            keep(parts.at(0)),
                            observation.taken_at - age(parts.at(1)),
                            keep(parts.at(2)),
                            parts[2].empty() ? std::nullopt : std::optional(observation.taken_at - age(parts.at(3))),
                            keep(parts.at(4))};
  } else if (key == "server.version_num") {
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
  command::Place place = g_deployment->place();
  place.environment.store = "none";  // nothing takes backups of this cluster
  const Verdicts verdicts = compare::judge(command::judged(place, observation));
  for (const auto& result : verdicts.clauses)
    for (const auto& finding : result.findings)
      EXPECT_TRUE(finding.is_waived()) << result.clause << ": " << finding.subject.label() << ": " << finding.message;
}

}  // namespace
}  // namespace pgcontract::test
