#pragma once
// How many connections a migration deserves, by what its statements do: those that only change the catalog wait for the
// log and can be many; those that read or write tables keep the server's disk and processors busy, and more of them at
// once only get in the way of the application. Pure; any thread.

#include <string>
#include <vector>

#include "fleet/script.hpp"

namespace pgcontract::fleet {

struct WorkerChoice {
  int workers = 1;
  std::string reason;
};
WorkerChoice workers_for(const std::vector<const Script*>& scripts);

// What of a statement reads or writes a table that was there before ("CREATE INDEX"); empty: it changes the catalog
// only. `made`: tables that the script made itself, which are empty; a CREATE TABLE is added to them.
std::string heavy_work(const std::string& statement, std::vector<std::string>& made);

}  // namespace pgcontract::fleet
