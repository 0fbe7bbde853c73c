#include "command/bring.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "alembic/command.hpp"
#include "alembic/script.hpp"
#include "base/interrupt.hpp"
#include "base/process.hpp"
#include "base/version.hpp"
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

std::vector<std::string> fingerprint_of(const Plan& plan) {
  std::vector<std::string> all;
  for (const auto& step : plan.steps) {
    all.insert(all.end(), step.statements.begin(), step.statements.end());
    if (step.program) all.push_back(fmt::format("{}", fmt::join(step.program->arguments, " ")));
  }
  return all;
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

Result<Brought> bring(const Place& place, const postgres::Dsn& dsn, const Wish& wish, const act::Options& options,
                      const Arguments& arguments) {
  interrupt::drain_first(true);
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("waiting for the lock", 0);
  PGC_TRY(act::ApplyLock lock, act::ApplyLock::take(dsn, options, [&](std::string_view holder) {
            progress.advance(0, fmt::format("another apply is at work: {}", holder));
          }));
  Brought brought;
  const auto run = [&](const Plan& plan) -> Result<bool> {
    progress.begin("applying", static_cast<int>(plan.steps.size()));
    PGC_TRY(Application round,
            act::act(place.contract, dsn, lock, plan, options,
                     [&](int done, int, std::string_view detail) { progress.advance(done, detail); }));
    const bool complete = round.count(StepState::Failed) == 0 && round.count(StepState::NotRun) == 0;
    append(brought.application, std::move(round));
    return complete;
  };
  if (wish.first) {
    PGC_TRY(const bool complete, run(*wish.first));
    if (!complete) return brought;
  }
  std::vector<std::string> before;
  for (int round = 1; round <= kMostRounds; ++round) {
    progress.begin("reading the catalog", 0);
    PGC_TRY(brought.world, look(place, dsn));
    if (brought.world.observation.server.in_recovery)
      return fail(ErrorCode::Unsupported, "the server is a standby", "Name the primary in the DSN.", dsn.describe());
    // What cannot be seen cannot be mended: a plan over half a world would be half a plan that looks whole.
    if (const auto& unreadable = brought.world.observation.unreadable; !unreadable.empty())
      return fail(
          ErrorCode::Permission,
          fmt::format("the {} cannot be read: {}", to_string(unreadable.begin()->first), unreadable.begin()->second),
          "Use the role that administers this database; nothing was changed.", dsn.describe());
    PGC_TRY(brought.rest, plan_now(place, brought.world, wish));
    if (brought.rest.empty() || (wish.only_new_tenants && round > 1)) return brought;
    if (round == 1) {
      progress.end();
      PGC_TRY(const bool agreed, production_agreed(arguments, place, brought.rest, dsn.describe()));
      if (!agreed) return fail(ErrorCode::Cancelled, "nothing was changed");
    }
    if (auto now = fingerprint_of(brought.rest); now == before)
      return fail(ErrorCode::Conflict,
                  fmt::format("the same {} steps are planned again after they were done", now.size()),
                  "Something undoes them, or the role of the DSN may not do them: see pgcontract plan.");
    else
      before = std::move(now);
    PGC_TRY(const bool complete, run(brought.rest));
    if (!complete) return brought;
  }
  return fail(ErrorCode::Bug, fmt::format("the plan did not come to an end in {} rounds", kMostRounds));
}

}  // namespace pgcontract::command
