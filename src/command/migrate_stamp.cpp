#include "command/fleet.hpp"
#include "command/fleet_proof.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_migrate_stamp(const Arguments& arguments) {
  const std::string target = arguments.positionals.at(0);
  if (!arguments.has("--application") && !arguments.has("--tenants"))
    return fail(ErrorCode::Usage, "say which history is stamped", "Add --application, or --tenants ID.");
  PGC_TRY(const Prepared prepared, prepare(arguments, /*to_move=*/true));
  const Place& place = prepared.place;
  Movement movement;
  movement.command = "migrate stamp";
  movement.destroys = true;
  movement.renders = movement.proves = false;
  movement.groups = [&](const postgres::Dsn& dsn, const fleet::Survey& survey) -> Result<std::vector<Group>> {
    PGC_CHECK(check_schemas(survey, prepared.scope, prepared.place.contract));
    auto groups = make_groups(survey, prepared.histories, prepared.scope,
                              [&](const alembic::RevisionMap& map, const FleetSchema& schema) {
                                return alembic::stamp_route(map, schema.rows, target);
                              });
    for (auto& group : groups)
      if (!group.error) group.script = fleet::stamp_script(group.rows, group.route);
    if (!arguments.has("--force")) PGC_CHECK(check_stamps(place, dsn, survey, groups));
    return groups;
  };
  return move_fleet(arguments, place, movement);
}

}  // namespace pgcontract::command
