#pragma once
// What most commands begin with: the contract loaded, an environment chosen, its DSN resolved, the cluster observed and
// judged. Values; the Judged made from a World refers to it and must not outlive it.

#include <functional>
#include <string>

#include "command/command.hpp"
#include "compare/compare.hpp"
#include "model/contract.hpp"
#include "model/observation.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::command {

struct Place {
  Contract contract;
  Environment environment;
};
Result<Place> open_place(const Arguments& arguments);
// The DSN of the place; for an embedded environment that of the running cluster.
Result<postgres::Dsn> resolve_dsn(const Place& place);

struct World {
  Observation observation;
  Verdicts verdicts;
};
// Observes and judges. `place` and the World together make a Judged. The store of backups may be far away: it is asked
// only `with_backups`, and clauses on backups are unknown otherwise.
Result<World> look(const Place& place, const postgres::Dsn& dsn, bool with_backups = false);
Judged judged(const Place& place, const Observation& observation);

// The head of a report; `world` may be null.
Scene scene_of(const Place& place, const std::string& target, const World* world);

// The command line's number of an option, within bounds; usage error otherwise.
Result<int> number_option(const Arguments& arguments, std::string_view option, int otherwise, int least, int most);

// A tenant's id from the command line; a malformed one is a usage error.
Result<Uuid> tenant_argument(const std::string& text);

// Asks on the terminal; true on --yes. Where there is no terminal to ask on, an error that names --yes.
Result<bool> confirmed(const Arguments& arguments, const std::string& question);
// Asks for `expected` to be typed; standard input is a terminal.
bool typed(const std::string& statement, const std::string& expected);

}  // namespace pgcontract::command
