#pragma once
// Runs one step to its end on one connection: transaction, guard, retries, reconnection. Private to act/; one thread
// each.

#include <mutex>
#include <optional>

#include "act/act.hpp"

namespace pgcontract::act {

class StepRunner {
 public:
  StepRunner(const Contract& contract, const postgres::Dsn& dsn, const Options& options, Journal& journal,
             std::mutex& journal_mutex)
      : contract_(contract), dsn_(dsn), options_(options), journal_(journal), journal_mutex_(journal_mutex) {}

  // Never throws, never fails as a whole: the outcome says what became of the step, which the caller puts into it.
  Outcome run(const Step& step);

 private:
  Result<StepState> attempt(const Step& step);
  Result<StepState> run_transaction(postgres::Connection& connection, const Step& step);
  Result<StepState> run_statement_by_statement(postgres::Connection& connection, const Step& step);
  Result<bool> is_needed(postgres::Connection& connection, const Step& step);
  Result<postgres::Connection*> connected();
  template <typename Work>
  auto with_journal(Work work) {
    const std::lock_guard guard(journal_mutex_);
    return work(journal_);
  }

  const Contract& contract_;
  const postgres::Dsn& dsn_;
  const Options& options_;
  Journal& journal_;
  std::mutex& journal_mutex_;
  std::optional<postgres::Connection> connection_;
};

}  // namespace pgcontract::act
