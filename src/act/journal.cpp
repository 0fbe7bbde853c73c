#include "act/journal.hpp"

#include <fmt/format.h>

#include "model/observation.hpp"

namespace pgcontract::act {
namespace {

constexpr std::size_t kStepsPerInsert = 500;

}  // namespace

Result<bool> Journal::is_possible() {
  PGC_TRY(const auto rows, side_.query("SELECT pg_catalog.to_regclass('pgcontract.job_step') IS NOT NULL"));
  return rows.at(0, 0) == "t";
}

Result<void> Journal::begin(const Plan& plan) {
  std::string script =
      "BEGIN; UPDATE pgcontract.job SET state = 'interrupted', finished_at = pg_catalog.now() "
      "WHERE state OPERATOR(pg_catalog.=) 'running';";
  script +=
      fmt::format("INSERT INTO pgcontract.job (id, command, contract_sha256, program_version) VALUES ({}, {}, {}, {});",
                  quoted_literal(job_.canonical()), quoted_literal(description_.command),
                  quoted_literal(description_.contract_sha256), quoted_literal(description_.program_version));
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    script += i % kStepsPerInsert == 0 ? "INSERT INTO pgcontract.job_step (job, number, clause, object) VALUES " : ", ";
    script += fmt::format("({}, {}, {}, {})", quoted_literal(job_.canonical()), step.number,
                          quoted_literal(step.clause), quoted_literal(step.object));
    if (i % kStepsPerInsert == kStepsPerInsert - 1 || i + 1 == plan.steps.size()) script += ";";
  }
  if (auto written = side_.execute(script + "COMMIT"); !written) {
    if (!side_.is_lost()) (void)side_.execute("ROLLBACK");
    return with_context(written.error(), "writing the journal");
  }
  begun_ = true;
  return {};
}

std::string Journal::mark_done(int step) const {
  if (!begun_) return {};
  return fmt::format(
      "UPDATE pgcontract.job_step AS s SET state = 'done', changed_at = pg_catalog.now() FROM (SELECT j.id FROM "
      "pgcontract.job AS j WHERE j.id OPERATOR(pg_catalog.=) {} AND j.state OPERATOR(pg_catalog.=) 'running' FOR "
      "SHARE) "
      "AS job WHERE s.job OPERATOR(pg_catalog.=) job.id AND s.number OPERATOR(pg_catalog.=) {}",
      quoted_literal(job_.canonical()), step);
}

Result<void> Journal::set(int step, StepState state, std::string_view error) {
  if (!begun_) return {};
  PGC_TRY([[maybe_unused]] const auto rows,
          side_.query("UPDATE pgcontract.job_step SET state = $3, error = $4, changed_at = pg_catalog.now() "
                      "WHERE job OPERATOR(pg_catalog.=) $1::pg_catalog.uuid "
                      "AND number OPERATOR(pg_catalog.=) $2::pg_catalog.int4",
                      {job_.canonical(), std::to_string(step), std::string(to_string(state)),
                       error.empty() ? postgres::Parameter{} : postgres::Parameter{std::string(error)}}));
  return {};
}

Result<void> Journal::set_running(int step) {
  if (!begun_) return {};
  PGC_TRY([[maybe_unused]] const auto rows,
          side_.query("UPDATE pgcontract.job_step SET state = 'running', changed_at = pg_catalog.now() "
                      "WHERE job OPERATOR(pg_catalog.=) $1::pg_catalog.uuid "
                      "AND number OPERATOR(pg_catalog.=) $2::pg_catalog.int4",
                      {job_.canonical(), std::to_string(step)}));
  return {};
}

Result<bool> Journal::is_done(int step) {
  if (!begun_) return false;
  PGC_TRY(const auto rows, side_.query("SELECT state OPERATOR(pg_catalog.=) 'done' FROM pgcontract.job_step "
                                       "WHERE job OPERATOR(pg_catalog.=) $1::pg_catalog.uuid "
                                       "AND number OPERATOR(pg_catalog.=) $2::pg_catalog.int4",
                                       {job_.canonical(), std::to_string(step)}));
  return !rows.empty() && rows.at(0, 0) == "t";
}

Result<void> Journal::finish(const Application& application) {
  if (!begun_) return {};
  const int failed = application.count(StepState::Failed);
  const int not_run = application.count(StepState::NotRun);
  const char* state = failed > 0 ? "failed" : not_run > 0 ? "interrupted" : "done";
  const std::string detail =
      fmt::format(R"({{"done": {}, "unneeded": {}, "failed": {}, "not_run": {}, "contract_sha256": "{}"}})",
                  application.count(StepState::Done), application.count(StepState::Unneeded), failed, not_run,
                  description_.contract_sha256);
  const std::string job = quoted_literal(job_.canonical());
  return side_.execute(fmt::format(
      "BEGIN; UPDATE pgcontract.job SET state = '{}', finished_at = pg_catalog.now() WHERE id OPERATOR(pg_catalog.=) "
      "{}; "
      "INSERT INTO pgcontract.evidence (kind, subject, job, detail) VALUES ({}, pg_catalog.current_database(), {}, "
      "{}); "
      "INSERT INTO pgcontract.heartbeat (source) VALUES ('apply') ON CONFLICT (source) DO UPDATE SET beat_at = "
      "pg_catalog.now(); COMMIT",
      state, job, quoted_literal(description_.command), job, quoted_literal(detail)));
}

}  // namespace pgcontract::act
