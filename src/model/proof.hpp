#pragma once
// What the search of the privilege graph concludes: for every ordered pair of tenants whether one reaches the other's
// rows or schema, and where so, by which shortest path, with the SQL that shows it. Values; filled by tenancy/.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.hpp"
#include "model/finding.hpp"
#include "model/observation.hpp"

namespace pgcontract {

// What the one can do to the other.
enum class Effect { Reads, Writes, Destroys, Becomes, RunsCode, Learns, Disturbs };
std::string_view to_string(Effect effect);  // "reads" …

// One edge of a path: `from` -[by]-> `to`, in words.
struct Edge {
  std::string from;
  std::string by;  // "member, SET", "SELECT", "owns"
  std::string to;
};

// A part of a demonstration: who logs in, and what they type. Statements end with semicolons.
struct Act {
  std::string role;
  std::string sql;
};

// One side of the pairs that break.
struct Side {
  std::int64_t tenants = 0;
  std::string example;  // the role of one of them, or of whoever it is where no tenant is
};

// A class of pairs that break in the same way.
struct Break {
  std::string kind;    // "becomes_role", stable
  std::string clause;  // that forbids it and has the remedy
  Effect effect = Effect::Reads;
  Side who;
  Side whom;
  std::int64_t pairs = 0;  // ordered; 0 where the one who reaches is no tenant
  Subject subject;         // the object it goes through: one of `objects`, the first by name
  std::int64_t objects = 1;
  std::vector<Edge> path;  // the shortest, for the example
  bool certain = true;     // false: cannot be decided from the catalog and counts as reachable
  std::string doubt;       // why not
  std::vector<Act> demonstration;
  std::vector<Oid> relations;  // whose columns the demonstration wants
};

struct Proof {
  std::int64_t tenants = 0;
  std::int64_t classes = 0;        // of tenants that hold the same
  std::int64_t shared_tables = 0;  // with rows of several tenants
  std::int64_t roles = 0;
  std::int64_t objects = 0;       // whose privileges were followed
  std::int64_t pairs = 0;         // ordered pairs judged
  std::int64_t broken_pairs = 0;  // of them, by any break
  std::optional<Uuid> tenant;     // only pairs from and to this one
  std::vector<Break> breaks;      // the gravest first
  bool holds() const { return breaks.empty(); }
};

}  // namespace pgcontract
