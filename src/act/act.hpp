#pragma once
// Steps → Outcomes: the one path by which pgcontract changes a cluster. Steps run in order; those of different tenants
// side by side on a bounded number of connections. Each transactional step is one transaction with a lock_timeout,
// retried with jitter on lock timeouts, deadlocks and lost connections. The first SIGINT lets the step at hand finish.

#include <functional>
#include <memory>
#include <string>

#include "act/journal.hpp"
#include "model/contract.hpp"
#include "model/step.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::act {

struct Options {
  int lock_timeout_ms = 5'000;
  int attempts = 6;       // of each step, the first included
  int workers = 4;        // connections for tenants' steps
  int wait_seconds = 60;  // for the advisory lock
  JobDescription job;
};

// Excludes other applies to the same database, from any machine, as long as it lives: an advisory lock on a connection
// of its own. The key is (1885823860, 1), "pgct" in ASCII.
class ApplyLock {
 public:
  // Waits up to options.wait_seconds; `waiting` is told who holds it.
  static Result<ApplyLock> take(const postgres::Dsn& dsn, const Options& options,
                                const std::function<void(std::string_view holder)>& waiting);
  postgres::Connection& side_connection() { return *side_; }

 private:
  explicit ApplyLock(postgres::Connection side) : side_(std::make_unique<postgres::Connection>(std::move(side))) {}
  std::unique_ptr<postgres::Connection> side_;
};

using Progress = std::function<void(int done, int total, std::string_view detail)>;

// Runs the plan under the lock. A failed step ends the run, except among tenants' steps, where every other tenant is
// still served; what did not run is in the outcomes too. An Error only where nothing could be begun or journalled.
Result<Application> act(const Contract& contract, const postgres::Dsn& dsn, ApplyLock& lock, const Plan& plan,
                        const Options& options, const Progress& progress);

}  // namespace pgcontract::act
