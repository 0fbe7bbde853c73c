#include "command/bring.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "alembic/command.hpp"
#include "alembic/script.hpp"
#include "base/interrupt.hpp"
#include "base/process.hpp"
#include "base/sha256.hpp"
#include "base/version.hpp"
#include "command/release.hpp"
#include "report/progress.hpp"
#include "report/render.hpp"

namespace pgcontract::command {
namespace {

// Roles, then migrations, then what protects their tables: three rounds and one that finds nothing. More means that
// steps undo each other.
constexpr int kMostRounds = 6;

// The tenant branch from one set of rows, as SQL made by the real Alembic; where it cannot be, why.
plan::TenantMigration render(const Contract& contract, const std::string& from) {
  const Migrations& migrations = *contract.migrations;
  if (from.find(',') != std::string::npos) return {{}, "several heads are brought together by Alembic itself"};
  ProcessRequest request;
  request.arguments =
      alembic::upgrade_arguments(migrations, migrations.tenant_section, alembic::offline_target(from, "head"), true);
  request.directory = contract.directory;
  request.environment = {{"PYTHONDONTWRITEBYTECODE", "1"}};
  const auto result = run_process(request);
  if (!result || result->exit_code != 0) return {{}, "a revision cannot be rendered as SQL, so Alembic itself runs it"};
  const auto revisions = alembic::split_rendered(result->output);
  if (!revisions) return {{}, "Alembic's SQL could not be split: " + revisions.error().message};
  plan::TenantMigration migration;
  for (const auto& revision : *revisions) {
    for (const auto& statement : revision.statements) {
      if (!statement.transactional) return {{}, "a revision works outside a transaction, so Alembic itself runs it"};
      migration.statements.push_back(statement.text);
    }
  }
  return migration;
}

std::string fingerprint_of(const Plan& plan) {
  Sha256 sum;
  for (const auto& step : plan.steps)
    for (const auto& word : step.program ? step.program->arguments : step.statements) sum.add(word + '\n');
  return sum.hex();
}

void append(Application& all, Application&& round) {
  const int offset = static_cast<int>(all.outcomes.size());
  all.job = round.job;
  for (auto& outcome : round.outcomes) {
    outcome.step.number += offset;
    all.outcomes.push_back(std::move(outcome));
  }
}

}  // namespace

Result<Plan> plan_now(const Place& place, const World& world, const Wish& wish) {
  const Judged view = judged(place, world.observation);
  plan::Inputs inputs{view, world.verdicts, {}, wish.new_tenants, wish.only_new_tenants, wish.only};
  for (const auto& key : plan::needed_tenant_migrations(view, world.verdicts, wish.new_tenants))
    inputs.tenant_migrations.emplace(key, render(place.contract, key));
  return plan::make_plan(inputs);
}

Result<act::Options> act_options(const Arguments& arguments, const Place& place, std::string command) {
  act::Options options;
  PGC_TRY(options.lock_timeout_ms, number_option(arguments, "--lock-timeout", options.lock_timeout_ms, 1, 3'600'000));
  PGC_TRY(options.wait_seconds, number_option(arguments, "--wait", options.wait_seconds, 0, 86'400));
  PGC_TRY(options.workers, number_option(arguments, "--workers", options.workers, 1, 64));
  options.job = {std::move(command), place.contract.sha256, std::string(kVersion)};
  return options;
}

Result<bool> production_agreed(const Arguments& arguments, const Place& place, const Plan& plan,
                               const std::string& target) {
  if (!place.environment.production || plan.empty() || arguments.yes) return true;
  Report report;
  report.command = "plan";
  report.scene = scene_of(place, target, nullptr);
  report.plan = plan;
  fmt::print(stderr, "{}", report::render(report, Format::Text, report::Style{}));
  return confirmed(arguments,
                   fmt::format("Apply {} steps to {} ({})?", plan.steps.size(), place.environment.name, target));
}

namespace {

// The lock, and progress for as long as it is held.
class Session {
 public:
  static Result<Session> open(const Place& place, const postgres::Dsn& dsn, const act::Options& options,
                              const Arguments& arguments) {
    interrupt::drain_first(true);
    auto progress = std::make_unique<report::Progress>(!arguments.quiet, isatty(STDERR_FILENO) != 0);
    progress->begin("waiting for the lock", 0);
    PGC_TRY(act::ApplyLock lock, act::ApplyLock::take(dsn, options, [&](std::string_view holder) {
              progress->advance(0, fmt::format("another apply is at work: {}", holder));
            }));
    return Session(place, dsn, options, std::move(progress), std::move(lock));
  }

  report::Progress& progress() { return *progress_; }

  Result<World> look_to_change() {
    progress_->begin("reading the catalog", 0);
    PGC_TRY(World world, look(place_, dsn_));
    if (world.observation.server.in_recovery)
      return fail(ErrorCode::Unsupported, "the server is a standby", "Name the primary in the DSN.", dsn_.describe());
    // What cannot be seen cannot be mended: a plan over half a world would be half a plan that looks whole.
    if (const auto& unreadable = world.observation.unreadable; !unreadable.empty())
      return fail(
          ErrorCode::Permission,
          fmt::format("the {} cannot be read: {}", to_string(unreadable.begin()->first), unreadable.begin()->second),
          "Use the role that administers this database; nothing was changed.", dsn_.describe());
    return world;
  }

  // What the schemas' rows say is released; only where a step was done, since it may have moved them.
  Result<void> record(const Observation& seen, const Application& all) {
    if (!place_.contract.migrations || !seen.registry.present || all.count(StepState::Done) == 0) return {};
    Released released;
    for (const auto& table : seen.version_tables) {
      const Schema* schema = seen.schema(table.schema);
      const bool tenant = schema && place_.contract.tenancy && place_.contract.tenancy->tenant_of_schema(schema->name);
      if (!tenant && !(schema && schema->name == place_.contract.schemas.application.name)) continue;
      (tenant ? released.tenant : released.application).insert(table.versions.begin(), table.versions.end());
    }
    return record_releases(lock_.side_connection(), place_.contract, released);
  }

  // True: every step is done.
  Result<bool> run(const Plan& plan, Application& all) {
    progress_->begin("applying", static_cast<int>(plan.steps.size()));
    PGC_TRY(Application round,
            act::act(place_.contract, dsn_, lock_, plan, options_,
                     [&](int done, int, std::string_view detail) { progress_->advance(done, detail); }));
    const bool complete = round.count(StepState::Failed) == 0 && round.count(StepState::NotRun) == 0;
    append(all, std::move(round));
    return complete;
  }

 private:
  Session(const Place& place, const postgres::Dsn& dsn, const act::Options& options,
          std::unique_ptr<report::Progress> progress, act::ApplyLock lock)
      : place_(place), dsn_(dsn), options_(options), progress_(std::move(progress)), lock_(std::move(lock)) {}

  const Place& place_;
  const postgres::Dsn& dsn_;
  const act::Options& options_;
  std::unique_ptr<report::Progress> progress_;
  act::ApplyLock lock_;
};

}  // namespace

Result<Brought> bring(const Place& place, const postgres::Dsn& dsn, const Wish& wish, const act::Options& options,
                      const Arguments& arguments) {
  PGC_TRY(Session session, Session::open(place, dsn, options, arguments));
  Brought brought;
  if (wish.first) {
    PGC_TRY(const bool complete, session.run(*wish.first, brought.application));
    if (!complete) return brought;
  }
  std::string before;
  for (int round = 1; round <= kMostRounds; ++round) {
    PGC_TRY(brought.world, session.look_to_change());
    PGC_TRY(brought.rest, plan_now(place, brought.world, wish));
    if (brought.rest.empty() || (wish.only_new_tenants && round > 1)) {
      PGC_CHECK(session.record(brought.world.observation, brought.application));
      return brought;
    }
    if (round == 1) {
      session.progress().end();
      PGC_TRY(const bool agreed, production_agreed(arguments, place, brought.rest, dsn.describe()));
      if (!agreed) return fail(ErrorCode::Cancelled, "nothing was changed");
    }
    if (std::string now = fingerprint_of(brought.rest); now == before)
      return fail(ErrorCode::Conflict,
                  fmt::format("the same {} steps are planned again after they were done", brought.rest.steps.size()),
                  "Something undoes them, or the role of the DSN may not do them: see pgcontract plan.");
    else
      before = std::move(now);
    PGC_TRY(const bool complete, session.run(brought.rest, brought.application));
    if (!complete) return brought;
  }
  return fail(ErrorCode::Bug, fmt::format("the plan did not come to an end in {} rounds", kMostRounds));
}

Result<Brought> carry_out(const Place& place, const postgres::Dsn& dsn, const Planner& make_plan,
                          const act::Options& options, const Arguments& arguments) {
  PGC_TRY(Session session, Session::open(place, dsn, options, arguments));
  Brought brought;
  PGC_TRY(brought.world, session.look_to_change());
  session.progress().end();
  PGC_TRY(const Plan plan, make_plan(brought.world));
  if (plan.empty()) return brought;
  PGC_TRY(const bool agreed, production_agreed(arguments, place, plan, dsn.describe()));
  if (!agreed) return fail(ErrorCode::Cancelled, "nothing was changed");
  PGC_TRY([[maybe_unused]] const bool complete, session.run(plan, brought.application));
  session.progress().begin("reading the catalog", 0);
  PGC_TRY(brought.world, look(place, dsn));
  return brought;
}

}  // namespace pgcontract::command
