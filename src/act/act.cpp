#include "act/act.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "act/step_runner.hpp"
#include "base/interrupt.hpp"

namespace pgcontract::act {
namespace {

class Run {
 public:
  Run(const Contract& contract, const postgres::Dsn& dsn, ApplyLock& lock, const Plan& plan, const Options& options,
      const Progress& progress)
      : contract_(contract),
        dsn_(dsn),
        plan_(plan),
        options_(options),
        progress_(progress),
        journal_(lock.side_connection(), job_, options.job) {}

  Result<Application> all() {
    Application application;
    application.job = job_;
    for (const auto& step : plan_.steps) application.outcomes.push_back(Outcome{step, StepState::NotRun, {}, 0, 0});
    PGC_TRY(const bool journal_possible, journal_.is_possible());
    if (journal_possible) PGC_CHECK(journal_.begin(plan_));
    StepRunner runner(contract_, dsn_, options_, journal_, mutex_);
    std::size_t next = 0;
    bool failed = false;
    while (next < plan_.steps.size() && !failed && !interrupt::stop_requested()) {
      if (plan_.steps[next].tenant) {
        const std::size_t end = end_of_tenants(next);
        PGC_CHECK(run_tenants(next, end, application.outcomes));
        failed = std::any_of(application.outcomes.begin() + static_cast<std::ptrdiff_t>(next),
                             application.outcomes.begin() + static_cast<std::ptrdiff_t>(end),
                             [](const Outcome& o) { return o.state == StepState::Failed; });
        next = end;
        continue;
      }
      tell(plan_.steps[next]);
      put(application.outcomes[next], runner.run(plan_.steps[next]));
      ++done_;
      PGC_CHECK(record(application.outcomes[next]));
      PGC_CHECK(begin_journal_when_possible(application.outcomes, next));
      failed = application.outcomes[next].state == StepState::Failed;
      ++next;
    }
    PGC_CHECK(journal_.finish(application));
    return application;
  }

 private:
  std::size_t end_of_tenants(std::size_t first) const {
    std::size_t end = first;
    while (end < plan_.steps.size() && plan_.steps[end].tenant) ++end;
    return end;
  }

  // What became of a step takes its place beside the step itself, which may be large.
  static void put(Outcome& slot, Outcome outcome) {
    outcome.step = std::move(slot.step);
    slot = std::move(outcome);
  }

  // Tenants' steps that stand together: each tenant's in their order, different tenants' side by side.
  std::vector<std::vector<std::size_t>> by_tenant(std::size_t first, std::size_t end) const {
    std::vector<std::vector<std::size_t>> tenants;
    std::map<Uuid, std::size_t> place;
    for (std::size_t i = first; i < end; ++i) {
      const auto [at, is_new] = place.emplace(*plan_.steps[i].tenant, tenants.size());
      if (is_new) tenants.emplace_back();
      tenants[at->second].push_back(i);
    }
    return tenants;
  }

  Result<void> run_tenants(std::size_t first, std::size_t end, std::vector<Outcome>& outcomes) {
    const auto tenants = by_tenant(first, end);
    std::atomic<std::size_t> next{0};
    std::optional<Error> journal_error;
    // The rest of a tenant's steps relies on the one that failed; other tenants' do not.
    const auto serve = [&](StepRunner& runner, std::size_t i) {
      Outcome outcome = runner.run(plan_.steps[i]);
      const std::lock_guard guard(mutex_);
      ++done_;
      progress_(done_, static_cast<int>(plan_.steps.size()), plan_.steps[i].object);
      put(outcomes[i], std::move(outcome));
      if (auto recorded = record(outcomes[i]); !recorded && !journal_error) journal_error = recorded.error();
      return outcomes[i].state != StepState::Failed;
    };
    const auto work = [&] {
      StepRunner runner(contract_, dsn_, options_, journal_, mutex_);
      for (std::size_t t = next++; t < tenants.size() && !interrupt::stop_requested(); t = next++)
        for (const std::size_t i : tenants[t])
          if (interrupt::stop_requested() || !serve(runner, i)) break;
    };
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(std::max(1, options_.workers)), tenants.size());
    {
      std::vector<std::jthread> workers;
      for (std::size_t i = 1; i < count; ++i) workers.emplace_back(work);
      work();
    }
    if (journal_error) return fail(std::move(*journal_error));
    return {};
  }

  void tell(const Step& step) { progress_(done_, static_cast<int>(plan_.steps.size()), step.object); }

  // Done steps of transactions have recorded themselves.
  Result<void> record(const Outcome& outcome) {
    const bool recorded_itself =
        outcome.state == StepState::Done && outcome.step.transactional && !outcome.step.program;
    if (recorded_itself) return {};
    const auto written =
        journal_.set(outcome.step.number, outcome.state, outcome.error ? outcome.error->describe() : "");
    // Where the journal's connection is gone too, why the step failed tells more than that.
    if (!written && outcome.error) return fail(*outcome.error);
    return written;
  }

  // On a bare cluster the ledger is made by one of the first steps; what ran before it is written down then.
  Result<void> begin_journal_when_possible(const std::vector<Outcome>& outcomes, std::size_t last) {
    if (journal_.has_begun()) return {};
    PGC_TRY(const bool possible, journal_.is_possible());
    if (!possible) return {};
    PGC_CHECK(journal_.begin(plan_));
    for (std::size_t i = 0; i <= last; ++i) PGC_CHECK(journal_.set(outcomes[i].step.number, outcomes[i].state, ""));
    return {};
  }

  const Contract& contract_;
  const postgres::Dsn& dsn_;
  const Plan& plan_;
  const Options& options_;
  const Progress& progress_;
  const Uuid job_ = Uuid::random();
  Journal journal_;
  std::mutex mutex_;  // the journal's connection, the counter and the progress line
  int done_ = 0;
};

}  // namespace

Result<Application> act(const Contract& contract, const postgres::Dsn& dsn, ApplyLock& lock, const Plan& plan,
                        const Options& options, const Progress& progress) {
  return Run(contract, dsn, lock, plan, options, progress).all();
}

}  // namespace pgcontract::act
