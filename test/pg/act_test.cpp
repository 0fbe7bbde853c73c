// act/ against a real server: transactions, guards, retries, the journal and its fencing, tenants side by side.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "act/act.hpp"
#include "act/program.hpp"
#include "support/deployment.hpp"

namespace pgcontract::test {
namespace {

Deployment& deployment() {
  static Deployment one;
  static const bool applied = (one.apply(), true);
  (void)applied;
  return one;
}

act::Options options() {
  act::Options o;
  o.lock_timeout_ms = 200;
  o.wait_seconds = 5;
  o.job = {"test", "0123", "0.1.0"};
  return o;
}

Step step(int number, std::vector<std::string> statements) {
  Step s;
  s.number = number;
  s.clause = "test.clause";
  s.object = fmt::format("object {}", number);
  s.statements = std::move(statements);
  return s;
}

Result<Application> act_on(const Plan& plan, const act::Options& o = options()) {
  auto lock = act::ApplyLock::take(deployment().dsn(), o, [](std::string_view) {});
  if (!lock) return tl::unexpected(lock.error());
  return act::act(deployment().place().contract, deployment().dsn(), *lock, plan, o, [](int, int, std::string_view) {});
}

std::string one_value(const std::string& sql) {
  auto connection = deployment().connect();
  const auto rows = expect(connection.query(sql));
  return rows.empty() ? "" : std::string(rows.at(0, 0));
}

std::string journal_of(const Application& application) {
  return one_value(
      fmt::format("SELECT pg_catalog.string_agg(s.state, ' ' ORDER BY s.number) FROM pgcontract.job_step "
                  "AS s WHERE s.job = '{}'",
                  application.job.canonical()));
}

TEST(Act, runs_steps_in_order_and_journals_each) {
  const Plan plan{
      {step(1, {"CREATE TABLE public.act_a (id int)"}), step(2, {"INSERT INTO public.act_a VALUES (7)"})}, {}, {}};
  const auto application = expect(act_on(plan));
  EXPECT_EQ(application.count(StepState::Done), 2);
  EXPECT_EQ(one_value("SELECT id FROM public.act_a"), "7");
  EXPECT_EQ(journal_of(application), "done done");
  EXPECT_EQ(one_value(fmt::format("SELECT state FROM pgcontract.job WHERE id = '{}'", application.job.canonical())),
            "done");
}

TEST(Act, rolls_a_failed_step_back_whole_and_runs_no_further) {
  const Plan plan{{step(1, {"CREATE TABLE public.act_half (id int)", "SELECT 1 / 0"}),
                   step(2, {"CREATE TABLE public.act_never (id int)"})},
                  {},
                  {}};
  const auto application = expect(act_on(plan));
  EXPECT_EQ(application.outcomes[0].state, StepState::Failed);
  EXPECT_EQ(application.outcomes[0].error->sqlstate, "22012");
  EXPECT_EQ(application.outcomes[1].state, StepState::NotRun);
  EXPECT_EQ(one_value("SELECT pg_catalog.to_regclass('public.act_half') IS NULL"), "t");
  EXPECT_EQ(one_value("SELECT pg_catalog.to_regclass('public.act_never') IS NULL"), "t");
  EXPECT_EQ(journal_of(application), "failed planned");
}

TEST(Act, names_the_statement_that_failed) {
  const Plan plan{{step(1, {"CREATE TABLE public.act_named (id int)", "SELECT * FROM public.nowhere_at_all"})}, {}, {}};
  const auto application = expect(act_on(plan));
  EXPECT_EQ(application.outcomes[0].error->where, "statement 2 of 2: SELECT * FROM public.nowhere_at_all");
}

TEST(Act, skips_a_step_whose_reason_has_gone) {
  Step guarded = step(1, {"CREATE TABLE public.act_unneeded (id int)"});
  guarded.needed_if = "SELECT false";
  const auto application = expect(act_on(Plan{{guarded}, {}, {}}));
  EXPECT_EQ(application.outcomes[0].state, StepState::Unneeded);
  EXPECT_EQ(one_value("SELECT pg_catalog.to_regclass('public.act_unneeded') IS NULL"), "t");
  EXPECT_EQ(journal_of(application), "unneeded");
}

TEST(Act, tries_again_when_a_lock_is_not_granted_and_gives_up_with_a_hint) {
  expect(deployment().connect().execute("CREATE TABLE public.act_locked (id int)"));
  auto holder = deployment().connect();
  expect(holder.execute("BEGIN; LOCK TABLE public.act_locked"));
  const Plan plan{{step(1, {"ALTER TABLE public.act_locked ADD COLUMN c int"})}, {}, {}};
  act::Options few = options();
  few.attempts = 2;
  const auto refused = expect(act_on(plan, few));
  EXPECT_EQ(refused.outcomes[0].state, StepState::Failed);
  EXPECT_EQ(refused.outcomes[0].attempts, 2);
  EXPECT_EQ(refused.outcomes[0].error->code, ErrorCode::LockTimeout);
  EXPECT_FALSE(refused.outcomes[0].error->hint.empty());
  std::jthread releaser([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    (void)holder.execute("ROLLBACK");
  });
  const auto granted = expect(act_on(plan));
  EXPECT_EQ(granted.outcomes[0].state, StepState::Done);
}

TEST(Act, goes_on_over_a_new_connection_when_one_breaks_in_the_middle_of_a_step) {
  // The first attempt ends its own session; the table is the memory that survives, because nothing else does.
  expect(
      deployment().connect().execute("CREATE SEQUENCE public.act_attempts; CREATE FUNCTION public.act_break_once() "
                                     "RETURNS void LANGUAGE plpgsql AS $$ "
                                     "BEGIN IF pg_catalog.nextval('public.act_attempts') = 1 THEN PERFORM "
                                     "pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()); END IF; END $$"));
  const Plan plan{{step(1, {"CREATE TABLE public.act_again (id int)", "SELECT public.act_break_once()"})}, {}, {}};
  const auto application = expect(act_on(plan));
  EXPECT_EQ(application.outcomes[0].state, StepState::Done);
  EXPECT_EQ(application.outcomes[0].attempts, 2);
  EXPECT_EQ(one_value("SELECT pg_catalog.to_regclass('public.act_again') IS NOT NULL"), "t");
}

TEST(Act, commits_nothing_once_another_apply_took_over) {
  // The step itself plays the other apply: it marks every running job interrupted, as begin() does.
  const Plan plan{{step(1, {"CREATE TABLE public.act_fenced (id int)",
                            "UPDATE pgcontract.job SET state = 'interrupted' WHERE state = 'running'"})},
                  {},
                  {}};
  const auto application = expect(act_on(plan));
  EXPECT_EQ(application.outcomes[0].state, StepState::Failed);
  EXPECT_EQ(application.outcomes[0].error->code, ErrorCode::Conflict);
  EXPECT_EQ(one_value("SELECT pg_catalog.to_regclass('public.act_fenced') IS NULL"), "t");
}

TEST(Act, serves_every_other_tenant_when_one_fails) {
  Plan plan;
  for (int i = 1; i <= 20; ++i) {
    Step s = step(i, {i == 7 ? "SELECT 1 / 0" : fmt::format("CREATE TABLE public.act_tenant_{} (id int)", i)});
    s.tenant = Uuid::random();
    plan.steps.push_back(std::move(s));
  }
  const auto application = expect(act_on(plan));
  EXPECT_EQ(application.count(StepState::Done), 19);
  EXPECT_EQ(application.outcomes[6].state, StepState::Failed);
  EXPECT_EQ(one_value("SELECT pg_catalog.count(*) FROM pg_catalog.pg_class WHERE relname LIKE 'act_tenant_%'"), "19");
}

TEST(Act, runs_statements_outside_a_transaction_when_asked) {
  Step alone = step(
      1, {"CREATE TABLE public.act_alone (id int)", "CREATE INDEX CONCURRENTLY act_alone_id ON public.act_alone (id)"});
  alone.transactional = false;
  const auto application = expect(act_on(Plan{{alone}, {}, {}}));
  EXPECT_EQ(application.outcomes[0].state, StepState::Done);
  EXPECT_EQ(journal_of(application), "done");
}

TEST(Act, marks_jobs_of_killed_processes_interrupted) {
  expect(deployment().connect().execute(
      "INSERT INTO pgcontract.job (id, command, contract_sha256, program_version) VALUES "
      "('99999999-9999-4999-8999-999999999999', 'apply', '', '')"));
  expect(act_on(Plan{{step(1, {"SELECT 1"})}, {}, {}}));
  EXPECT_EQ(one_value("SELECT state FROM pgcontract.job WHERE id = '99999999-9999-4999-8999-999999999999'"),
            "interrupted");
}

TEST(ApplyLock, is_held_by_one_at_a_time_and_says_by_whom) {
  auto first = act::ApplyLock::take(deployment().dsn(), options(), [](std::string_view) {});
  ASSERT_TRUE(first);
  act::Options impatient = options();
  impatient.wait_seconds = 0;
  std::string holder;
  const auto second =
      act::ApplyLock::take(deployment().dsn(), impatient, [&](std::string_view who) { holder = std::string(who); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::LockTimeout);
  EXPECT_NE(holder.find("postgres"), std::string::npos) << holder;
}

TEST(Program, gets_the_dsn_without_its_password_and_the_password_by_file) {
  auto dsn = deployment().dsn();
  dsn.password = SecretString("s3cret:with\\signs");
  const auto said = act::run_program(
      deployment().place().contract, dsn,
      Program{
          {"sh", "-c", "printf '%s\\n' \"$DATABASE_URL|$PGOPTIONS|$(cat $PGPASSFILE)\"; env | grep -c s3cret || true"},
          "a role",
          "\"My Schema\""},
      1000);
  ASSERT_TRUE(said) << said.error().describe();
  EXPECT_NE(said->find("*:*:*:*:s3cret\\:with\\\\signs"), std::string::npos) << *said;
  EXPECT_NE(said->find("-c role=a\\ role -c search_path=\"My\\ Schema\""), std::string::npos) << *said;
  EXPECT_TRUE(said->ends_with("\n0\n")) << *said;
  EXPECT_EQ(said->substr(0, said->find('|')).find("s3cret"), std::string::npos);
}

TEST(Program, fails_with_the_end_of_what_it_said) {
  const auto failed =
      act::run_program(deployment().place().contract, deployment().dsn(),
                       Program{{"sh", "-c", "echo working; echo the reason >&2; exit 3"}, "", ""}, 1000);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("exit code 3"), std::string::npos);
  EXPECT_NE(failed.error().message.find("the reason"), std::string::npos);
}

}  // namespace
}  // namespace pgcontract::test
