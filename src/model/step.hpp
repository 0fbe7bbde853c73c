#pragma once
// What plan/ decides and act/ does. A Step is shown by `plan` word for word as it will run; an Outcome says what became
// of it. Values; no I/O.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "base/uuid.hpp"

namespace pgcontract {

enum class Risk { None, Lock, Data };  // Lock: may wait or make others wait; Data: rewrites or removes rows
std::string_view to_string(Risk risk);

// A program the contract names (Alembic, a seed), run with the environment's DSN: see act/program.hpp.
struct Program {
  std::vector<std::string> arguments;  // argv, relative to the contract's directory
  std::string role;                    // SET at session start, or empty
  std::string search_path;             // SET at session start, or empty
};

struct Step {
  int number = 0;                       // 1, 2, … in the order of the plan
  std::string clause;                   // the reason: which clause it mends
  std::string object;                   // what it changes: "role pgc_owner"
  std::string reason;                   // "the contract gives every object one owner that cannot log in"
  std::vector<std::string> statements;  // SQL, each ending without semicolon; run in one transaction, in order
  bool transactional = true;            // false: each statement alone (CREATE DATABASE, CREATE INDEX CONCURRENTLY)
  std::string needed_if;  // SELECT of one boolean: still needed? Empty: always. Guards against what changed since
  std::string lock;       // "none", "SHARE ROW EXCLUSIVE on stratmaster_api.reports"
  Risk risk = Risk::None;
  std::string undo;                       // SQL or words; never empty
  std::optional<Program> program;         // instead of statements
  std::optional<Uuid> tenant;             // the tenant it is for: such steps run in parallel with each other
  bool of_fleet = false;                  // for all schemas of a group: the fleet runs it, see fleet/engine.hpp
  std::vector<std::string> effects = {};  // of each statement, where known: "ACCESS EXCLUSIVE on reports, rewrites it"
};

struct Plan {
  std::vector<Step> steps;
  // Findings that no step mends, with the statement a person should consider; "clause object: message".
  struct Manual {
    std::string clause;
    std::string object;
    std::string message;
    std::string consider;
  };
  std::vector<Manual> manual;
  // Set where later steps depend on what earlier ones create (tables made by migrations): apply plans again.
  std::string continues;
  bool empty() const { return steps.empty(); }
};

enum class StepState { Done, Unneeded, Failed, NotRun };
std::string_view to_string(StepState state);

struct Outcome {
  Step step;
  StepState state = StepState::NotRun;
  std::optional<Error> error;  // when failed
  int attempts = 0;
  double duration_seconds = 0;
};

struct Application {  // of a plan: what `apply` reports
  Uuid job;
  std::vector<Outcome> outcomes;
  int count(StepState state) const;
};

}  // namespace pgcontract
