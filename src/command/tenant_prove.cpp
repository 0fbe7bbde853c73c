#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "command/list.hpp"
#include "command/prove.hpp"
#include "command/world.hpp"
#include "observe/observe.hpp"
#include "report/progress.hpp"
#include "tenancy/design.hpp"
#include "tenancy/prove.hpp"

namespace pgcontract::command {
namespace {

Result<void> check_readable(const Observation& observation) {
  if (observation.server.version_num < 140000)
    return fail(ErrorCode::Unsupported, "the server is older than 14", "The search is written for 14 to 18.");
  for (const Fact fact : tenancy::facts_of_proof())
    if (const auto at = observation.unreadable.find(fact); at != observation.unreadable.end())
      return fail(ErrorCode::Permission, fmt::format("cannot read the {}: {}", to_string(fact), at->second),
                  "Without it there is no proof. Run it with a role that may read the catalog and the registry.");
  return {};
}

Result<std::optional<Uuid>> only_tenant(const Arguments& arguments, const Contract& contract,
                                        const Observation& observation) {
  if (!arguments.has("--tenant")) return std::optional<Uuid>{};
  PGC_TRY(const Uuid id, tenant_argument(arguments.get("--tenant")));
  const auto tenants = tenancy::tenants(contract, observation);
  if (std::ranges::find(tenants, id, &tenancy::TenantState::id) == tenants.end())
    return fail(ErrorCode::NotFound, fmt::format("there is no tenant {}", id.canonical()),
                "See them all: pgcontract tenant list");
  return std::optional<Uuid>{id};
}

}  // namespace

Result<Proof> prove_isolation(postgres::Connection& connection, const Contract& contract, Observation& observation,
                              const std::optional<Uuid>& only) {
  PGC_CHECK(check_readable(observation));
  Proof proof = tenancy::prove(contract, observation, only);
  // The columns that demonstrations name are read only where something breaks.
  std::vector<Oid> relations;
  for (const auto& broken : proof.breaks)
    relations.insert(relations.end(), broken.relations.begin(), broken.relations.end());
  std::ranges::sort(relations);
  relations.erase(std::unique(relations.begin(), relations.end()), relations.end());
  if (relations.empty()) return proof;
  PGC_CHECK(observe::observe_columns(connection, relations, observation));
  return tenancy::prove(contract, observation, only);
}

Result<Report> run_tenant_prove(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("reading the privileges of " + dsn.describe(), 0);
  World world;
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(world.observation, observe::observe_reach(connection, place.contract));
  PGC_TRY(const auto only, only_tenant(arguments, place.contract, world.observation));
  Report report;
  report.command = "tenant prove";
  PGC_TRY(report.proof, prove_isolation(connection, place.contract, world.observation, only));
  progress.end();
  report.scene = scene_of(place, dsn.describe(), &world);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!report.proof->holds())
    report.next = {"pgcontract plan", "pgcontract explain " + report.proof->breaks.front().clause};
  return report;
}

}  // namespace pgcontract::command
