#pragma once
// What an act locks, rewrites and scans, by the documentation (docs §13.3, ALTER TABLE) and the server's source. What a
// statement does on a real server may be observed instead (see effect.hpp); this is the answer without one. Pure.

#include <vector>

#include "lint/tables.hpp"
#include "model/step.hpp"

namespace pgcontract::lint {

struct Touch {
  Name relation;
  Lock lock = Lock::None;
  bool rewrites = false;
  bool scans = false;  // reads the whole table, or builds an index over it, under the lock
};

// `before`: the tables as they are when it runs; what is not among them is taken to be there and unknown.
std::vector<Touch> touches(const Act& act, const Tables& before);

// Whether the change of a column's type writes the table anew. Unknown old types do.
bool rewrites(const ColumnSpec* from, const ColumnSpec& to, bool has_using);

// For a plan: the strongest lock of a statement, whether rows are at stake, and both in words.
struct Hazard {
  Lock lock = Lock::None;
  Risk risk = Risk::None;
  std::string effect;  // "ACCESS EXCLUSIVE on reports, rewrites it"; empty: none that others would notice
};
Hazard hazard_of(const std::string& statement);
// In the order of their running: each sees what those before it made.
std::vector<Hazard> hazards_of(const std::vector<std::string>& statements);

}  // namespace pgcontract::lint
