#pragma once
// Brings a fleet of schemas over their scripts: canaries first, one by one, and then waves on a bounded number of
// connections. Every schema is its own transaction, guarded by its own version rows; what waits for a lock too long is
// given up and tried again later, so that nobody queues behind us. The first SIGINT lets what is under way finish.
// run() uses threads inside; it returns when all have ended.

#include <functional>
#include <string>
#include <vector>

#include "act/act.hpp"
#include "fleet/portion.hpp"
#include "fleet/runner.hpp"
#include "model/contract.hpp"
#include "model/fleet.hpp"

namespace pgcontract::fleet {

struct Options {
  int workers = 0;                  // 0: by what the statements do
  Portion canary{1, false};         // of each group, before all others; at least one
  Portion wave{100, true};          // of all that follow the canaries; 0: all in one
  Portion max_failures{10, false};  // more than that and no further schema is begun
  int attempts = 8;                 // of a schema that waits for a lock
  int wait_seconds = 60;            // for a server that is away
  int lock_slots = 0;               // of the server's lock table; 0: not known
  Setting setting;
  act::Options act;  // for taking the lock again
};

struct Progress {
  int done = 0;
  int failed = 0;
  int waiting = 0;  // for a lock
  double seconds = 0;
};

struct Run {
  std::vector<Blocker> blockers;  // the first of each pair of schema and process
  std::string stopped;            // why schemas were left; empty: none were
  int workers = 0;                // at most side by side
  int workers_chosen = 0;         // by what the statements do
  std::string workers_choice;     // why so many were chosen; empty: they were asked for
  std::string workers_reason;     // why fewer than asked for or chosen
  int retries = 0;
  double seconds = 0;
};

// `passages` are brought to their end in place; they stand in groups of the same script. An error only where nothing
// could be begun or journalled.
Result<Run> run(const Contract& contract, const postgres::Dsn& dsn, act::ApplyLock& lock, const Options& options,
                std::vector<Passage>& passages, const std::function<void(const Progress&)>& progress);

}  // namespace pgcontract::fleet
