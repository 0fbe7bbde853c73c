#include <fmt/format.h>

#include <algorithm>

#include "command/fleet.hpp"
#include "command/list.hpp"
#include "fleet/journal.hpp"

namespace pgcontract::command {
namespace {

// Exactly what a job moved goes back to where the job found it; what has moved on since is refused.
Result<std::vector<Group>> groups_of_job(const postgres::Dsn& dsn, const Uuid& job, const Histories& histories,
                                         const fleet::Survey& survey) {
  if (!survey.has_journal)
    return fail(ErrorCode::NotFound, "this database has no journal", "Name a target instead: migrate down TARGET.");
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const auto movements, fleet::movements_of(connection, job));
  std::vector<Group> groups;
  for (const auto* fleet : {&survey.application, &survey.tenants}) {
    const alembic::RevisionMap map(histories.of(fleet->application));
    std::map<std::pair<std::vector<std::string>, std::vector<std::string>>, std::size_t> by_movement;
    for (const auto& schema : fleet->schemas) {
      const auto moved = std::ranges::find(movements, schema.name, &fleet::Movement::schema);
      if (moved == movements.end() || moved->from == schema.rows) continue;
      const auto [at, added] = by_movement.try_emplace(std::pair{schema.rows, moved->from}, groups.size());
      if (added) {
        Group group{fleet->application, schema.rows, {}, {}, {}, {}};
        auto route = alembic::return_route(map, schema.rows, moved->from);
        if (schema.rows != moved->to)
          group.error = Error{ErrorCode::Conflict,
                              fmt::format("is at {}, not at {} where the job left it", fmt::join(schema.rows, ", "),
                                          fmt::join(moved->to, ", ")),
                              "It has moved since: name a target instead.",
                              {},
                              {},
                              {}};
        else if (route)
          group.route = std::move(*route);
        else
          group.error = route.error();
        groups.push_back(std::move(group));
      }
      groups[at->second].schemas.push_back(schema);
    }
  }
  return groups;
}

}  // namespace

Result<Report> run_migrate_down(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const Scope scope, scope_of(arguments, place.contract));
  const bool by_job = arguments.has("--job");
  if (by_job == !arguments.positionals.empty())
    return fail(ErrorCode::Usage, "name either a target or a job",
                "pgcontract migrate down -- -1 --tenants all, or pgcontract migrate down --job ID");
  PGC_TRY(const Histories histories, read_histories(place.contract, scope));
  if (scope.application) PGC_CHECK(check_history(histories.application));
  if (scope.tenants) PGC_CHECK(check_history(histories.tenant));
  Movement movement;
  movement.command = "migrate down";
  movement.destroys = true;
  if (by_job) {
    auto job = Uuid::parse(arguments.get("--job"));
    if (!job) return fail(ErrorCode::Usage, job.error().message);
    PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
    movement.groups = [&, job = *job, dsn](const fleet::Survey& survey) {
      return groups_of_job(dsn, job, histories, survey);
    };
    return move_fleet(arguments, place, movement);
  }
  const std::string target = arguments.positionals[0];
  // Without a history the target would mean something in both of them.
  if (!arguments.has("--application") && !arguments.has("--tenants"))
    return fail(ErrorCode::Usage, "say which history goes down", "Add --application, or --tenants all.");
  movement.groups = [&](const fleet::Survey& survey) -> Result<std::vector<Group>> {
    return make_groups(survey, histories, scope, [&](const alembic::RevisionMap& map, const auto& rows) {
      return alembic::downgrade_route(map, rows, target);
    });
  };
  return move_fleet(arguments, place, movement);
}

}  // namespace pgcontract::command
