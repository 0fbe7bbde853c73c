#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "command/list.hpp"
#include "command/world.hpp"
#include "fingerprint/read.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {
namespace {

using fingerprint::SchemaFingerprint;

// A tenant's own words: two tenants differ in them and are alike.
fingerprint::Wanted tenant_wanted(const Tenancy& tenancy, const Uuid& id) {
  const std::string schema = tenancy.schema_of(id);
  return {
      schema,
      {{schema, "{schema}"}, {tenancy.role_of(id), "{role}"}, {id.canonical(), "{tenant}"}, {id.hex(), "{tenant}"}}};
}

Result<std::vector<Uuid>> tenants_present(postgres::Connection& connection, const Tenancy& tenancy) {
  PGC_TRY(const auto rows, connection.query("SELECT n.nspname FROM pg_catalog.pg_namespace AS n ORDER BY n.nspname"));
  std::vector<Uuid> tenants;
  for (int row = 0; row < rows.size(); ++row)
    if (const auto id = tenancy.tenant_of_schema(rows.at(row, 0))) tenants.push_back(*id);
  return tenants;
}

Result<std::vector<Uuid>> named_tenants(const Arguments& arguments) {
  std::vector<Uuid> ids;
  const std::string given = arguments.get("--tenant");
  for (std::string_view rest = given; !rest.empty();) {
    const auto comma = rest.find(',');
    PGC_TRY(const Uuid id, tenant_argument(std::string(rest.substr(0, comma))));
    ids.push_back(id);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return ids;
}

std::string heads_text(const SchemaFingerprint& schema) {
  if (!schema.has_version_table) return "no version table";
  return schema.heads.empty() ? "base" : fmt::format("{}", fmt::join(schema.heads, ", "));
}

// Keeps of each set only the groups that have one of the tenants asked for.
void keep_only(const std::vector<std::string>& schemas, Drift& drift) {
  for (auto& set : drift.sets) {
    for (auto& group : set.groups)
      std::erase_if(group.schemas,
                    [&](const std::string& schema) { return std::ranges::find(schemas, schema) == schemas.end(); });
    std::erase_if(set.groups, [](const DriftGroup& group) { return group.schemas.empty(); });
  }
}

Drift compare_tenants(const std::vector<SchemaFingerprint>& tenants) {
  std::map<std::string, std::vector<const SchemaFingerprint*>> by_heads;
  for (const auto& tenant : tenants) by_heads[heads_text(tenant)].push_back(&tenant);
  Drift drift;
  for (const auto& [heads, alike] : by_heads) {
    if (alike.size() == 1)
      drift.uncompared.push_back(fmt::format("{}: no other tenant is at {}", alike.front()->schema, heads));
    drift.sets.push_back(fingerprint::compare_alike("tenants at " + heads, alike));
  }
  std::ranges::stable_sort(drift.sets, std::ranges::greater{}, &DriftSet::members);
  return drift;
}

}  // namespace

Result<Report> run_migrate_drift(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  const Tenancy& tenancy = *place.contract.tenancy;
  PGC_TRY(const auto named, named_tenants(arguments));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("reading the catalog of " + dsn.describe(), 0);
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const auto tenants, tenants_present(connection, tenancy));
  std::vector<fingerprint::Wanted> wanted;
  for (const auto& id : tenants) wanted.push_back(tenant_wanted(tenancy, id));
  fingerprint::ReadOptions options;
  if (place.contract.migrations) options.version_table = place.contract.migrations->version_table;
  PGC_TRY(const auto fingerprints, fingerprint::read_fingerprints(connection, wanted, options));
  progress.end();
  Report report;
  report.command = "migrate drift";
  report.scene = scene_of(place, dsn.describe(), nullptr);
  report.scene.tenants = static_cast<int>(tenants.size());
  report.drift = compare_tenants(fingerprints);
  if (!named.empty()) {
    std::vector<std::string> schemas;
    for (const auto& id : named) schemas.push_back(tenancy.schema_of(id));
    keep_only(schemas, *report.drift);
  }
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace pgcontract::command
