#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "command/fleet.hpp"
#include "command/list.hpp"
#include "fleet/journal.hpp"
#include "fleet/message.hpp"

namespace pgcontract::command {
namespace {

using Moved = std::map<std::string, fleet::Movement>;

Error refused(std::string message, std::string hint) {
  return {ErrorCode::Conflict, std::move(message), std::move(hint), {}, {}, {}};
}

// Back to where the job found a schema, from where it left it: the end, or, where it was cut off, a revision on the
// way.
Result<alembic::Route> route_back(const alembic::RevisionMap& map, const FleetSchema& schema,
                                  const fleet::Movement& moved) {
  if (schema.rows == moved.to && moved.has_failed)
    return fail(refused("the job failed here, and yet it is where the job was to bring it: somebody else may have",
                        "Name a target instead: pgcontract migrate down TARGET."));
  if (schema.rows == moved.to) return alembic::return_route(map, schema.rows, moved.from);
  if (!moved.is_done)
    if (const auto whole = alembic::return_route(map, moved.to, moved.from))
      if (std::ranges::find(*whole, schema.rows, &alembic::RouteStep::rows_after) != whole->end())
        return alembic::return_route(map, schema.rows, moved.from);
  return fail(refused(
      fmt::format("is at {}, not at {} where the job left it", fmt::join(schema.rows, ", "), fmt::join(moved.to, ", ")),
      "It has moved since: name a target instead."));
}

// Exactly what a job moved goes back to where the job found it; what has moved on since is refused.
Result<std::vector<Group>> groups_of_job(const postgres::Dsn& dsn, const Uuid& job, const Prepared& prepared,
                                         const fleet::Survey& survey) {
  if (!survey.has_journal)
    return fail(ErrorCode::NotFound, "this database has no journal", "Name a target instead: migrate down TARGET.");
  PGC_CHECK(check_schemas(survey, prepared.scope, prepared.place.contract));
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(auto movements, fleet::movements_of(connection, job));
  PGC_TRY(const auto cut_off, fleet::unfinished(connection, prepared.place.contract.migrations->version_table));
  Moved moved;
  for (auto& movement : movements) moved.emplace(movement.schema, std::move(movement));
  const auto is_cut_off = [&](const std::string& schema) {
    return std::ranges::find(cut_off, schema, &fleet::Movement::schema);
  };
  return make_groups(
      survey, prepared.histories, prepared.scope,
      [&](const alembic::RevisionMap& map, const FleetSchema& schema) -> Result<alembic::Route> {
        if (const auto cut = is_cut_off(schema.name); cut != cut_off.end())
          return fail(
              refused(fmt::format("it was cut off in the middle of {}", fleet::revision_of_mark(cut->part_mark)),
                      "Finish it, then take it back: pgcontract migrate up"));
        return route_back(map, schema, moved.at(schema.name));
      },
      [&](const FleetSchema& schema) -> std::optional<std::string> {
        const auto at = moved.find(schema.name);
        const bool cut = is_cut_off(schema.name) != cut_off.end();
        if (at == moved.end() || (at->second.from == schema.rows && !cut)) return std::nullopt;
        return fmt::format("{} {} {} {}", fmt::join(at->second.from, ","), fmt::join(at->second.to, ","),
                           at->second.is_done      ? "done"
                           : at->second.has_failed ? "failed"
                                                   : "planned",
                           cut);
      });
}

}  // namespace

Result<Report> run_migrate_down(const Arguments& arguments) {
  const bool by_job = arguments.has("--job");
  if (by_job == !arguments.positionals.empty())
    return fail(ErrorCode::Usage, "name either a target or a job",
                "pgcontract migrate down -- -1 --tenants all, or pgcontract migrate down --job ID");
  // Without a history the target would mean something in both of them.
  if (!by_job && !arguments.has("--application") && !arguments.has("--tenants"))
    return fail(ErrorCode::Usage, "say which history goes down", "Add --application, or --tenants all.");
  PGC_TRY(const Prepared prepared, prepare(arguments, /*to_move=*/true));
  Movement movement;
  movement.command = "migrate down";
  movement.destroys = true;
  if (by_job) {
    auto job = Uuid::parse(arguments.get("--job"));
    if (!job) return fail(ErrorCode::Usage, job.error().message);
    movement.groups = [&, job = *job](const postgres::Dsn& dsn, const fleet::Survey& survey) {
      return groups_of_job(dsn, job, prepared, survey);
    };
    return move_fleet(arguments, prepared.place, movement);
  }
  movement.groups = [&](const postgres::Dsn&, const fleet::Survey& survey) -> Result<std::vector<Group>> {
    PGC_CHECK(check_schemas(survey, prepared.scope, prepared.place.contract));
    return make_groups(survey, prepared.histories, prepared.scope,
                       [&](const alembic::RevisionMap& map, const FleetSchema& schema) {
                         return alembic::downgrade_route(map, schema.rows, arguments.positionals[0]);
                       });
  };
  return move_fleet(arguments, prepared.place, movement);
}

}  // namespace pgcontract::command
