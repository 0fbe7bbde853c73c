#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "command/list.hpp"
#include "command/world.hpp"
#include "tenancy/tombstones.hpp"

namespace pgcontract::command {
namespace {

using Value = std::optional<std::string>;

Value text_or_null(Text text) { return text.empty() ? Value{} : Value(std::string(text)); }

class Facts {
 public:
  void add(std::string fact, Value value) { table_.rows.push_back({std::move(fact), std::move(value)}); }
  Table take() && { return std::move(table_); }

 private:
  Table table_{"tenant", {{"fact", "FACT"}, {"value", "VALUE"}}, {}};
};

// What the observation knows: names, state, revision.
void add_observed(const Observation& observation, const tenancy::TenantState& tenant, Facts& facts) {
  const RegisteredTenant* row = tenant.registered;
  facts.add("id", tenant.id.canonical());
  facts.add("display_name", row ? Value(row->display_name) : Value{});
  facts.add("state", row ? std::string(row->state) : "unregistered");
  facts.add("created_at", row ? text_or_null(row->created_at) : Value{});
  facts.add("deleted_at", text_or_null(tenancy::deleted_at(observation, tenant.id)));
  facts.add("schema", tenant.schema ? Value(tenant.schema->name) : Value{});
  facts.add("role", tenant.role ? Value(tenant.role->name) : Value{});
  facts.add("can_log_in", tenant.role ? Value(tenant.role->login ? "true" : "false") : Value{});
  if (tenant.role) {
    facts.add("connection_limit",
              tenant.role->connection_limit < 0 ? "none" : std::to_string(tenant.role->connection_limit));
    facts.add("settings", fmt::format("{}", fmt::join(tenant.role->settings, "; ")));
    std::vector<Text> groups;
    for (const auto& m : std::ranges::equal_range(observation.memberships, tenant.role->oid, {}, &Membership::member))
      groups.push_back(observation.role_name(m.role));
    facts.add("member_of", fmt::format("{}", fmt::join(groups, ", ")));
  }
  if (!tenant.schema) return;
  const VersionTable* versions = observation.version_table_of(tenant.schema->oid);
  facts.add("revision", versions ? Value(fmt::format("{}", fmt::join(versions->versions, ", "))) : Value{});
  facts.add("heads", fmt::format("{}", fmt::join(observation.migrations.tenant.heads, ", ")));
}

// What only the server counts: one statement over the tenant's own relations.
constexpr std::string_view kMeasured = R"(
SELECT pg_catalog.count(*) FILTER (WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog._char)),
       COALESCE(pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid))
                FILTER (WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,m}'::pg_catalog._char)), 0),
       COALESCE(pg_catalog.sum(s.n_live_tup), 0), COALESCE(pg_catalog.sum(s.seq_scan), 0),
       COALESCE(pg_catalog.sum(s.n_tup_ins), 0), COALESCE(pg_catalog.sum(s.n_tup_upd), 0),
       COALESCE(pg_catalog.sum(s.n_tup_del), 0)
FROM pg_catalog.pg_class AS c LEFT JOIN pg_catalog.pg_stat_all_tables AS s ON s.relid OPERATOR(pg_catalog.=) c.oid
WHERE c.relnamespace OPERATOR(pg_catalog.=) $1::pg_catalog.oid)";

constexpr std::string_view kActivity = R"(
SELECT pg_catalog.count(*), pg_catalog.to_char(pg_catalog.max(COALESCE(a.state_change, a.backend_start)),
                                               'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
FROM pg_catalog.pg_stat_activity AS a WHERE a.usename OPERATOR(pg_catalog.=) $1)";

constexpr std::string_view kEvidence = R"(
SELECT pg_catalog.concat(e.kind, ' at ', pg_catalog.to_char(e.recorded_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
FROM pgcontract.evidence AS e WHERE e.subject OPERATOR(pg_catalog.=) $1 ORDER BY e.id DESC LIMIT 1)";

Result<void> add_measured(const Place& place, postgres::Connection& connection, const tenancy::TenantState& tenant,
                          Facts& facts) {
  if (tenant.schema) {
    PGC_TRY(const auto rows, connection.query(kMeasured, {std::to_string(tenant.schema->oid)}));
    const auto at = [&](int column) { return std::string(rows.at(0, column)); };
    facts.add("tables", at(0));
    facts.add("size_bytes", at(1));
    facts.add("rows_estimate", at(2));
    facts.add("scans_and_writes",
              fmt::format("{} scans, {} inserts, {} updates, {} deletes since statistics were reset", at(3), at(4),
                          at(5), at(6)));
  }
  PGC_TRY(const auto activity, connection.query(kActivity, {place.contract.tenancy->role_of(tenant.id)}));
  facts.add("sessions", std::string(activity.at(0, 0)));
  // The server keeps no log of logins: of a tenant without a session it cannot tell.
  facts.add("last_activity", text_or_null(activity.at(0, 1)));
  if (tenant.registered) {
    PGC_TRY(const auto evidence, connection.query(kEvidence, {tenant.id.canonical()}));
    facts.add("evidence", evidence.empty() ? Value{} : Value(evidence.at(0, 0)));
  }
  return {};
}

// Its rows in the tables that all tenants share, counted.
Result<Table> shared_rows(const Place& place, const Observation& seen, postgres::Connection& connection,
                          const Uuid& id) {
  Table table{"shared_rows", {{"table", "SHARED TABLE"}, {"rows", "ROWS"}}, {}};
  const std::string column = quoted(place.contract.tenancy->shared_column);
  for (const Relation* relation : tenancy::shared_tables(place.contract, seen)) {
    if (relation->is_partition) continue;
    PGC_TRY(const auto rows, connection.query(fmt::format("SELECT pg_catalog.count(*) FROM {} AS t WHERE t.{} "
                                                          "OPERATOR(pg_catalog.=) $1::pg_catalog.uuid",
                                                          seen.name_of(*relation), column),
                                              {id.canonical()}));
    table.rows.push_back({seen.name_of(*relation), std::string(rows.at(0, 0))});
  }
  return table;
}

// A policy must not run as us, nor hide rows: the server refuses instead, and then those counts are left out.
Result<std::vector<Table>> tables_of(const Place& place, const postgres::Dsn& dsn, const Observation& seen,
                                     const tenancy::TenantState& tenant) {
  Facts facts;
  add_observed(seen, tenant, facts);
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_CHECK(connection.execute("SET row_security = off"));
  if (auto measured = add_measured(place, connection, tenant, facts);
      !measured && measured.error().code != ErrorCode::Permission)
    return tl::unexpected(measured.error());
  std::vector<Table> tables;
  tables.push_back(std::move(facts).take());
  auto shared = shared_rows(place, seen, connection, tenant.id);
  if (!shared && shared.error().code != ErrorCode::Permission) return tl::unexpected(shared.error());
  if (shared) tables.push_back(*std::move(shared));
  return tables;
}

// The verdicts with the findings that speak of this tenant alone.
Verdicts verdicts_on(const Place& place, const Verdicts& all, const Uuid& id) {
  const Tenancy& tenancy = *place.contract.tenancy;
  Verdicts mine;
  for (const auto& result : all.clauses) {
    ClauseResult own = result;
    std::erase_if(own.findings, [&](const Finding& finding) {
      const auto names = {finding.subject.schema, finding.subject.name, finding.subject.part};
      return std::ranges::none_of(names, [&](const std::string& name) {
        return name == tenancy.schema_of(id) || name == tenancy.role_of(id) || name == id.canonical();
      });
    });
    if (!own.findings.empty()) mine.clauses.push_back(std::move(own));
  }
  return mine;
}

}  // namespace

Result<Report> run_tenant_show(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const Uuid id, tenant_argument(arguments.positionals.at(0)));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  PGC_TRY(const World world, look(place, dsn));
  const auto tenants = tenancy::tenants(place.contract, world.observation);
  const auto at = std::ranges::find(tenants, id, &tenancy::TenantState::id);
  if (at == tenants.end())
    return fail(ErrorCode::NotFound, fmt::format("there is no tenant {}", id.canonical()),
                "See them all: pgcontract tenant list");
  Report report;
  report.command = "tenant show";
  report.scene = scene_of(place, dsn.describe(), &world);
  PGC_TRY(report.tables, tables_of(place, dsn, world.observation, *at));
  Verdicts mine = verdicts_on(place, world.verdicts, id);
  if (mine.clauses.empty())
    report.notes = {"no clause has a finding on this tenant"};
  else
    report.verdicts = std::move(mine);
  return report;
}

}  // namespace pgcontract::command
