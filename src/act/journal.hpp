#pragma once
// The job journal, pgcontract.job and job_step: every step is written as planned before the first one runs, and becomes
// done in the very transaction that changes the cluster, so that after a kill -9 the journal and the cluster agree.
// Lives on the side connection that holds the advisory lock; one thread at a time.

#include <optional>
#include <string>

#include "base/uuid.hpp"
#include "model/step.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::act {

struct JobDescription {
  std::string command;  // "apply"
  std::string contract_sha256;
  std::string program_version;
};

class Journal {
 public:
  Journal(postgres::Connection& side, Uuid job, JobDescription description)
      : side_(side), job_(job), description_(std::move(description)) {}

  // True once the ledger's tables are there. On a bare cluster an early step makes them.
  Result<bool> is_possible();
  // Writes the job and its steps; jobs left running by a killed process become interrupted (the lock says they are
  // dead).
  Result<void> begin(const Plan& plan);
  bool has_begun() const { return begun_; }
  // The statement that marks a step done within the step's own transaction. It changes one row, unless the job is no
  // longer the running one: then another apply took over after our lock was lost, and ours must not commit (a fencing
  // token, in effect). Empty before begin().
  std::string mark_done(int step) const;
  Result<void> set(int step, StepState state, std::string_view error);
  Result<void> set_running(int step);
  // Whether the step's transaction was committed: asked after a connection broke at COMMIT.
  Result<bool> is_done(int step);
  // Ends the job and records it as evidence.
  Result<void> finish(const Application& application);

 private:
  postgres::Connection& side_;
  Uuid job_;
  JobDescription description_;
  bool begun_ = false;
};

}  // namespace pgcontract::act
