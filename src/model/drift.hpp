#pragma once
// What fingerprint/ concludes when schemas that should be alike are compared: who is like whom, and what differs,
// object by object and attribute by attribute. Values; filled by fingerprint/ and command/migrate_drift, shown by
// report/.

#include <optional>
#include <string>
#include <vector>

namespace pgcontract {

// One attribute of one object that two schemas do not have alike. An object that only one of them has is one Difference
// without attribute. Texts are canonical: the schema's own name is {schema}, its own role {role}.
struct Difference {
  std::string kind;                     // PostgreSQL's word: "column", "index", "trigger"
  std::string object;                   // within the schema, quoted as SQL needs it: "reports.title"
  std::string attribute;                // "default", "enabled"; empty: the whole object
  std::optional<std::string> expected;  // nullopt: absent
  std::optional<std::string> found;     // likewise
  std::vector<std::string> mend;        // statements that make `found` into `expected`; empty: see `no_mend`
  std::string no_mend;                  // why no statement is certain to do that
};

// Schemas that differ from the reference in exactly the same way.
struct DriftGroup {
  std::vector<std::string> schemas;  // sorted
  std::string root;                  // their common fingerprint
  std::vector<Difference> differences;
};

// One comparison: schemas that should be alike, since they are at the same heads, with the one that most of them match
// (or, for `against`, the schema built from the migrations).
struct DriftSet {
  std::string name;                // "tenants at 843e1cde6d8c", "stratmaster_api"
  std::vector<std::string> heads;  // sorted; empty: base or no version table
  std::string reference;           // a schema that has the expected state, or what built it
  std::string root;                // the expected fingerprint
  std::size_t alike = 0;           // schemas that have it
  std::vector<DriftGroup> groups;  // those that have not, the largest group first
  std::size_t members() const {
    std::size_t all = alike;
    for (const auto& group : groups) all += group.schemas.size();
    return all;
  }
};

struct Drift {
  std::vector<DriftSet> sets;
  std::vector<std::string> uncompared;  // schemas with nothing to be compared with, and why
  bool found() const {
    for (const auto& set : sets)
      if (!set.groups.empty()) return true;
    return false;
  }
};

}  // namespace pgcontract
