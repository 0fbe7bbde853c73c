#pragma once
// Which schema is where: the version tables of the whole fleet in one cheap read. COPY reads a table without planning a
// query and without opening its index, which for a thousand tables of one row each is most of the work. One snapshot,
// one connection; values come out.

#include "base/result.hpp"
#include "model/contract.hpp"
#include "model/fleet.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::fleet {

struct Survey {
  Fleet application;
  Fleet tenants;
  bool in_recovery = false;
  bool has_journal = false;  // pgcontract.job is there
  bool job_running = false;  // or so the journal says: it may have been killed
  int lock_slots = 0;        // of the server's lock table
  std::string database;
};

// Schemas are sorted by name; of the tenants, deleted ones are left out. A version table that is locked, gone or not
// ours to read makes its own schema unreadable, and nobody else's.
Result<Survey> survey(postgres::Connection& connection, const Contract& contract);

// The rows of one schema's version table as they are now, sorted. NotFound where there is no such table.
Result<std::vector<std::string>> read_rows(postgres::Connection& connection, const std::string& schema,
                                           const std::string& table);

}  // namespace pgcontract::fleet
