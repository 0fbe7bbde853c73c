#pragma once
// Writes down in the ledger what the files of revisions were when a schema of this database was first taken over them:
// one row for each revision and text, in one statement. The clause migrations.unedited_after_release compares them with
// the files. One thread, the connection's.

#include <set>
#include <string>

#include "base/result.hpp"
#include "model/contract.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::command {

// Rows of version tables that were reached: they and everything below them are released. The ledger is there.
struct Released {
  std::set<std::string> application;
  std::set<std::string> tenant;
};
Result<void> record_releases(postgres::Connection& connection, const Contract& contract, const Released& released);

}  // namespace pgcontract::command
