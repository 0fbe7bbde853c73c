#include <fmt/format.h>

#include <algorithm>

#include "command/list.hpp"
#include "command/local_cluster.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::command {
namespace {

std::string source_of(const Environment& environment) {
  switch (environment.source) {
    case Environment::Source::Embedded: return "embedded";
    case Environment::Source::Variable: return "env:" + environment.variable_or_path;
    case Environment::Source::File: return "file:" + environment.variable_or_path;
  }
  return "";
}

Table environments_of(const Place& place) {
  Table table{"environments",
              {{"name", "ENVIRONMENT"},
               {"source", "DSN FROM"},
               {"managed", "MANAGED"},
               {"production", "PRODUCTION"},
               {"chosen", "CHOSEN"}},
              {}};
  for (const auto& environment : place.contract.environments)
    table.rows.push_back({environment.name, source_of(environment), environment.managed ? "yes" : "no",
                          environment.production ? "yes" : "no",
                          environment.name == place.environment.name ? "yes" : "no"});
  return table;
}

// The last run that changed the cluster, from the journal.
Result<std::optional<std::string>> last_job(postgres::Connection& connection) {
  PGC_TRY(const auto there, connection.query("SELECT pg_catalog.to_regclass('pgcontract.job') IS NOT NULL"));
  if (there.at(0, 0) != "t") return std::nullopt;
  PGC_TRY(
      const auto rows,
      connection.query("SELECT pg_catalog.concat(j.command, ' ', j.state, ' at ', COALESCE(j.finished_at, "
                       "j.started_at), ' by ', j.run_by) FROM pgcontract.job AS j ORDER BY j.started_at DESC LIMIT 1"));
  if (rows.empty()) return std::nullopt;
  return std::string(rows.at(0, 0));
}

Result<Table> cluster_of(const Place& place, const postgres::Dsn& dsn) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const World world, look(place, dsn));
  const Observation& seen = world.observation;
  Table table{"cluster", {{"fact", "FACT"}, {"value", "VALUE"}}, {}};
  table.rows.push_back({"target", dsn.describe()});
  table.rows.push_back({"server_version", std::string(seen.server.version)});
  table.rows.push_back({"standby", seen.server.in_recovery ? "yes" : "no"});
  table.rows.push_back({"under_contract", seen.registry.present ? "yes" : "no"});
  table.rows.push_back({"tenants", std::to_string(seen.registry.tenants.size())});
  const auto tables = std::ranges::count_if(seen.relations, [](const Relation& r) { return tenancy::is_table(r); });
  table.rows.push_back({"tables", std::to_string(tables)});
  PGC_TRY(auto job, last_job(connection));
  table.rows.push_back({"last_job", std::move(job)});
  return table;
}

}  // namespace

Result<Report> run_status(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  Report report;
  report.command = "status";
  report.scene = scene_of(place, "", nullptr);
  report.tables = {environments_of(place)};
  auto dsn = resolve_dsn(place);
  auto cluster = dsn ? cluster_of(place, *dsn) : tl::unexpected(dsn.error());
  if (dsn) report.scene.target = dsn->describe();
  if (cluster) {
    report.tables.push_back(std::move(*cluster));
    report.next = {"pgcontract verify"};
  } else {
    report.error = cluster.error();
  }
  return report;
}

}  // namespace pgcontract::command
