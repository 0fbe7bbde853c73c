#pragma once
// What the migrate commands share: which histories and schemas the command line means, the groups of schemas that stand
// at the same rows with the way of each to the target, and a run of the fleet. Values; scripts are rendered last,
// because that starts Alembic.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alembic/route.hpp"
#include "command/world.hpp"
#include "fingerprint/tree.hpp"
#include "fleet/engine.hpp"
#include "fleet/survey.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {

// --application and --tenants; neither: both, where a command allows it.
struct Scope {
  bool application = false;
  bool tenants = false;
  std::vector<Uuid> only;  // tenants; none: all
};
Result<Scope> scope_of(const Arguments& arguments, const Contract& contract);

struct Histories {
  RevisionGraph application;
  RevisionGraph tenant;
  const RevisionGraph& of(bool application_history) const { return application_history ? application : tenant; }
};
Result<Histories> read_histories(const Contract& contract, const Scope& scope);
// An error where a history has problems that make every plan over it unsafe: cycles, ids that do not fit, …
Result<void> check_history(const RevisionGraph& graph);

// What every migrate command begins with. `to_move`: the histories must be such that every plan over them is safe.
struct Prepared {
  Place place;
  Scope scope;
  Histories histories;
};
Result<Prepared> prepare(const Arguments& arguments, bool to_move);
// One call for each history that is meant.
Result<void> for_each_history(const Prepared& prepared, Report& report,
                              const std::function<Result<void>(const RevisionGraph&)>& visit);

// A target that is counted from where things are, or that names a revision, means one history.
Result<void> check_target(const std::string& target, const Scope& scope, const Arguments& arguments);
// The application's schema is there; named tenants are.
Result<void> check_schemas(const fleet::Survey& survey, const Scope& scope, const Contract& contract);

// For tables: "a, b", nothing where there is none; the first line of a message.
std::optional<std::string> joined(const std::vector<std::string>& list);
std::string first_line(const std::string& text);
// What of a history could not be read, and what Alembic had to be asked for, as notes.
void add_problems(const RevisionGraph& graph, Report& report);

// Schemas at the same rows of the same history, and how they get to the target.
struct Group {
  bool application = false;
  std::vector<std::string> rows;
  std::vector<FleetSchema> schemas;
  alembic::Route route;
  std::optional<Error> error;  // why there is no way: unknown rows, several heads
  fleet::Script script;        // once rendered
  // Where parts of the script were recorded: what a schema must be once it is through.
  std::shared_ptr<const fingerprint::SchemaFingerprint> recorded = nullptr;
};
using RouteOf = std::function<Result<alembic::Route>(const alembic::RevisionMap&, const FleetSchema& first)>;
// Tells apart schemas at the same rows that do not go the same way; nothing: the schema is left out.
using Apart = std::function<std::optional<std::string>(const FleetSchema&)>;
std::vector<Group> make_groups(const fleet::Survey& survey, const Histories& histories, const Scope& scope,
                               const RouteOf& route_of, const Apart& apart = {});
bool is_there_anything(const std::vector<Group>& groups);  // to do, or to refuse
// How Alembic's SQL is come by.
struct Rendering {
  bool shared = false;  // tenants' revisions may change what is not the tenant's
  bool records = true;  // what cannot be rendered is recorded, where that can be
};
// Alembic renders each group's SQL; what it cannot render is recorded, or else left to it. Tenants that are not what
// the migrations make, and could not be sent a recording, come back as a group of their own.
Result<void> render(const Place& place, const postgres::Dsn& dsn, std::vector<Group>& groups,
                    const Rendering& rendering, const std::function<void(std::string_view)>& on_line);

// A connection and the survey over it; an error for a standby.
Result<fleet::Survey> survey_of(const Place& place, const postgres::Dsn& dsn, Scene& scene);

// The plan as `migrate plan` shows it: a step for each part of each group.
Plan fleet_plan(const Contract& contract, const std::vector<Group>& groups, const fleet::Survey& survey);
// How each revision of each group is run, and why not otherwise.
Table modes_of(const std::vector<Group>& groups);

// The whole of up, down and stamp but for how the groups are made.
struct Movement {
  std::string command;    // "migrate up"
  bool destroys = false;  // asks everywhere
  // Routes, or scripts of stamps. The DSN is resolved once: its variable is then withheld from child programs.
  std::function<Result<std::vector<Group>>(const postgres::Dsn&, const fleet::Survey&)> groups;
  bool renders = true;
  bool proves = true;  // compares the fingerprints of what was migrated
};
// The run alone, under a lock that is held: what apply does with the migrations of its plan. Groups are without errors.
Result<Application> run_groups(const Place& place, const postgres::Dsn& dsn, act::ApplyLock& lock,
                               const act::Options& act, const std::vector<Group>& groups, report::Progress& progress);

Result<Report> move_fleet(const Arguments& arguments, const Place& place, const Movement& movement);

}  // namespace pgcontract::command
