#pragma once
// The schemas that a history of migrations governs, and where each stands: what fleet/ reads, plans and moves. Values;
// they own their text.

#include <optional>
#include <string>
#include <vector>

#include "base/uuid.hpp"

namespace pgcontract {

struct FleetSchema {
  std::string name;               // raw
  std::optional<Uuid> tenant;     // none: the application's
  std::string role;               // the tenant's, where it exists; raw
  bool has_table = false;         // a version table like Alembic's
  std::vector<std::string> rows;  // of it, sorted
  std::string unreadable = {};    // why the rows are not known; empty: they are
};

// The application's schema, or every tenant's, and where Alembic finds its revisions.
struct Fleet {
  bool application = false;
  std::string section;  // alembic -n
  std::vector<FleetSchema> schemas;
  std::vector<std::string> unregistered;  // schemas of the tenants' pattern that the registry does not know
};

// Who kept a schema from being migrated: read from pg_blocking_pids() while it waited.
struct Blocker {
  std::string schema;
  int pid = 0;
  std::string user;
  std::string application;
  std::string state;       // "idle in transaction", "active"
  double age_seconds = 0;  // of its transaction
  std::string relation;    // what it was waited for, where known
};

}  // namespace pgcontract
