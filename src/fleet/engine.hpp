#pragma once
// Brings a fleet of schemas over their scripts: canaries first, one by one, and then waves on a bounded number of
// connections. Every schema is its own transaction, guarded by its own version rows; what waits for a lock too long is
// given up and tried again later, so that nobody queues behind us. The first SIGINT lets what is under way finish.
// run() uses threads inside; it returns when all have ended.

#include <functional>
#include <string>
#include <vector>

#include "act/act.hpp"
#include "fleet/runner.hpp"
#include "model/contract.hpp"
#include "model/fleet.hpp"

namespace pgcontract::fleet {

struct Options {
  int workers = 8;
  int canary = 1;         // of each group, before all others
  int wave = 0;           // schemas a wave; 0: all in one
  int max_failures = 10;  // more than that and no further schema is begun
  int attempts = 8;       // of a schema that waits for a lock
  int wait_seconds = 60;  // for a server that is away
  int lock_slots = 0;     // of the server's lock table; 0: not known
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
  std::string workers_reason;     // why fewer than asked for
  int retries = 0;
  double seconds = 0;
};

// `passages` are brought to their end in place; they stand in groups of the same script. An error only where nothing
// could be begun or journalled.
Result<Run> run(const Contract& contract, const postgres::Dsn& dsn, act::ApplyLock& lock, const Options& options,
                std::vector<Passage>& passages, const std::function<void(const Progress&)>& progress);

}  // namespace pgcontract::fleet
