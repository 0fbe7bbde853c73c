#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "command/fleet.hpp"
#include "command/list.hpp"
#include "command/rehearsal.hpp"

namespace pgcontract::command {
namespace {

using Wanted = std::set<std::pair<std::string, std::string>>;  // section, revision

Result<void> choose_section(const std::string& section, const Contract& contract, RehearsalRequest& request) {
  if (section.empty()) return {};
  const Migrations& migrations = *contract.migrations;
  if (section != migrations.application_section && section != migrations.tenant_section)
    return fail(
        ErrorCode::Usage, fmt::format("the contract has no history [{}]", section),
        fmt::format("Its histories are [{}] and [{}].", migrations.application_section, migrations.tenant_section));
  request.application = section == migrations.application_section;
  request.tenants = !request.application;
  return {};
}

// Adds what an address names in one history; false: nothing.
bool add_named(const alembic::RevisionMap& map, const std::string& address, bool above, Wanted& wanted) {
  const auto found = map.revisions(address);
  if (!found || found->empty()) return false;
  const auto& revisions = map.graph().revisions;
  const auto set = above ? map.descendants(*found, true) : alembic::RevisionMap::Set{};
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    const bool named = std::ranges::find(*found, static_cast<int>(i)) != found->end();
    if (above ? set[i] && !named : named) wanted.emplace(map.graph().section, revisions[i].id);
  }
  return true;
}

// The revisions of the command line; --since means those above one.
Result<Wanted> wanted_of(const Arguments& arguments, const Histories& histories, const RehearsalRequest& request) {
  Wanted wanted;
  std::vector<std::pair<std::string, bool>> addresses;
  for (const auto& address : arguments.positionals) addresses.emplace_back(address, false);
  if (arguments.has("--since")) addresses.emplace_back(arguments.get("--since"), true);
  for (const auto& [address, above] : addresses) {
    bool known = false;
    for (const bool application : {true, false}) {
      if (application ? !request.application : !request.tenants) continue;
      known = add_named(alembic::RevisionMap(histories.of(application)), address, above, wanted) || known;
    }
    if (!known)
      return fail(ErrorCode::Usage, fmt::format("no history has a revision {}", address),
                  "See them: pgcontract migrate history");
  }
  return wanted;
}

}  // namespace

Result<Report> run_migrate_stairway(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const Scope scope, scope_of({}, place.contract));
  RehearsalRequest request;
  request.tenants = scope.tenants;
  PGC_CHECK(choose_section(arguments.get("--section"), place.contract, request));
  PGC_TRY(const Histories histories, read_histories(place.contract, scope));
  if (request.application) PGC_CHECK(check_history(histories.application));
  if (request.tenants) PGC_CHECK(check_history(histories.tenant));
  PGC_TRY(const Wanted wanted, wanted_of(arguments, histories, request));
  const bool all = arguments.positionals.empty() && !arguments.has("--since");
  request.wanted = [&](const RevisionGraph& graph, const Revision& revision) {
    return all || wanted.contains({graph.section, revision.id});
  };
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  PGC_TRY(const Rehearsed rehearsed, rehearse_histories(place, dsn, request, progress));
  progress.end();
  Report report;
  report.command = "migrate stairway";
  report.scene = scene_of(place, dsn.describe(), nullptr);
  report.scene.server_version = rehearsed.server_version;
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.verdicts = verdicts_of(place, rehearsed, {"migrations.reversible", "migrations.idempotent"});
  report.tables.push_back(rungs_of(rehearsed.revisions, /*locks=*/false));
  add_swept(rehearsed, report);
  return report;
}

}  // namespace pgcontract::command
