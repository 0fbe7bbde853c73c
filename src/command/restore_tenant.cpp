#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "act/dump.hpp"
#include "act/program.hpp"
#include "base/process.hpp"
#include "command/list.hpp"
#include "command/scratch.hpp"
#include "report/progress.hpp"
#include "tenancy/design.hpp"
#include "tenancy/tombstones.hpp"

namespace pgcontract::command {
namespace {

constexpr std::size_t kLongestName = 63;
// What names roles of the live system, or would act on it. The schema itself is made by us.
const std::vector<std::string> kNotCarried = {
    "SCHEMA", "POLICY",      "ROW SECURITY",  "PUBLICATION", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA",
    "ACL",    "DEFAULT ACL", "SECURITY LABEL"};

// The prefix of tables that hold the tenant's rows of a shared table: its own tables may have any other name.
std::string shared_name(const Relation& table) { return ("shared_" + std::string(table.name)).substr(0, kLongestName); }

class TenantRestore {
 public:
  TenantRestore(const Place& place, const postgres::Dsn& live, const Scratch& scratch, const Uuid& tenant,
                std::string schema)
      : place_(place),
        live_(live),
        scratch_(scratch),
        copy_(scratch.server->dsn(database_of(place, live))),
        tenancy_(*place.contract.tenancy),
        tenant_(tenant),
        schema_(std::move(schema)) {}

  Result<Table> run() {
    PGC_TRY(const World then, look(place_, copy_));
    if (!then.observation.schema_named(tenancy_.schema_of(tenant_)))
      return fail(ErrorCode::NotFound, fmt::format("at that moment there was no tenant {}", tenant_.canonical()),
                  "Choose a later or an earlier one: pgcontract backup windows");
    postgres::ConnectOptions options;
    options.statement_timeout_ms = 0;
    options.idle_in_transaction_session_timeout_ms = 0;
    PGC_TRY(auto connection, postgres::Connection::open(copy_, options));
    PGC_CHECK(gather(connection, then.observation));
    PGC_TRY(const std::string file, write_sql(connection));
    PGC_CHECK(load(file));
    return counted(connection);
  }

  int foreign_keys() const { return foreign_keys_; }

 private:
  // In the copy, which is ours to change: the tenant's schema under its new name, its rows of shared tables beside.
  Result<void> gather(postgres::Connection& connection, const Observation& then) {
    const std::string own = tenancy_.schema_of(tenant_);
    if (schema_ != own)
      PGC_CHECK(connection.execute(
          fmt::format("ALTER SCHEMA {} RENAME TO {}", pgcontract::quoted(own), pgcontract::quoted(schema_))));
    for (const Relation* table : tenancy::shared_tables(place_.contract, then)) {
      if (table->is_partition) continue;  // its parent has the rows
      PGC_CHECK(connection.execute(fmt::format(
          "CREATE TABLE {}.{} AS SELECT * FROM {} AS t WHERE t.{}::pg_catalog.text OPERATOR(pg_catalog.=) {}",
          pgcontract::quoted(schema_), pgcontract::quoted(shared_name(*table)), then.name_of(*table),
          pgcontract::quoted(tenancy_.shared_column), quoted_literal(tenant_.canonical()))));
      sources_[shared_name(*table)] = then.name_of(*table);
    }
    return drop_outgoing_keys(connection);
  }

  // What they point to may be gone on the live cluster by now.
  Result<void> drop_outgoing_keys(postgres::Connection& connection) {
    PGC_TRY(
        const auto keys,
        connection.query("SELECT c.relname, k.conname FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c "
                         "ON c.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_class AS r ON r.oid "
                         "OPERATOR(pg_catalog.=) k.confrelid JOIN pg_catalog.pg_namespace AS n ON n.oid "
                         "OPERATOR(pg_catalog.=) c.relnamespace WHERE k.contype OPERATOR(pg_catalog.=) 'f' AND "
                         "k.conparentid OPERATOR(pg_catalog.=) 0 AND n.nspname OPERATOR(pg_catalog.=) $1 AND "
                         "r.relnamespace OPERATOR(pg_catalog.<>) c.relnamespace",
                         {schema_}));
    for (int i = 0; i < keys.size(); ++i)
      PGC_CHECK(connection.execute(fmt::format("ALTER TABLE {}.{} DROP CONSTRAINT {}", pgcontract::quoted(schema_),
                                               pgcontract::quoted(keys.at(i, 0)), pgcontract::quoted(keys.at(i, 1)))));
    foreign_keys_ = keys.size();
    return {};
  }

  Result<std::string> write_sql(postgres::Connection& connection) const {
    PGC_TRY(const act::Dump dump, act::Dump::find(copy_, connection.server_version()));
    PGC_CHECK(connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    PGC_TRY(const auto snapshot, connection.query("SELECT pg_catalog.pg_export_snapshot()"));
    act::DumpRequest request;
    request.schema = schema_;
    request.role = copy_.keyword("user");
    request.snapshot = snapshot.at(0, 0);
    request.left_out = kNotCarried;
    const std::string archive = scratch_.workspace.path() + "/tenant.dump";
    const std::string file = scratch_.workspace.path() + "/tenant.sql";
    PGC_CHECK(dump.take(request, archive));
    PGC_CHECK(connection.execute("COMMIT"));
    PGC_CHECK(dump.write_sql(request, archive, "", file));
    return file;
  }

  // One transaction: all of it is there, or nothing.
  Result<void> load(const std::string& file) const {
    ProcessRequest request;
    request.arguments = {"psql",
                         "-X",
                         "-q",
                         "-v",
                         "ON_ERROR_STOP=1",
                         "--single-transaction",
                         "-o",
                         "/dev/null",
                         "-c",
                         fmt::format("CREATE SCHEMA {} AUTHORIZATION {}", pgcontract::quoted(schema_),
                                     pgcontract::quoted(tenancy_.roles.owner)),
                         "-c",
                         "SET LOCAL ROLE " + pgcontract::quoted(tenancy_.roles.owner),
                         "-f",
                         file};
    request.deadline_ms = 24 * 3'600'000;
    act::set_connection(request, live_, act::session_option("client_min_messages", "warning"));
    PGC_TRY(const auto result, run_process(request));
    if (result.exit_code == 0) return {};
    return fail(ErrorCode::Process, "the live database did not take it: " + result.error_output.substr(0, 800),
                "Nothing of it is there: it was one transaction.");
  }

  Result<Table> counted(postgres::Connection& copy) const {
    Table table{"rows", {{"table", "TABLE"}, {"of", "OF"}, {"rows", "ROWS"}, {"restored", "RESTORED"}}, {}};
    PGC_TRY(auto live, postgres::Connection::open(live_));
    PGC_TRY(const auto names,
            copy.query("SELECT c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid "
                       "OPERATOR(pg_catalog.=) c.relnamespace WHERE n.nspname OPERATOR(pg_catalog.=) $1 AND c.relkind "
                       "OPERATOR(pg_catalog.=) 'r' ORDER BY c.relname",
                       {schema_}));
    for (int i = 0; i < names.size(); ++i) {
      const std::string name(names.at(i, 0));
      const std::string count =
          fmt::format("SELECT pg_catalog.count(*) FROM {}.{}", pgcontract::quoted(schema_), pgcontract::quoted(name));
      PGC_TRY(const auto there, copy.query(count));
      PGC_TRY(const auto here, live.query(count));
      if (there.at(0, 0) != here.at(0, 0))
        return fail(ErrorCode::Conflict,
                    fmt::format("{} of {} rows of {} arrived", here.at(0, 0), there.at(0, 0), name),
                    "Drop the schema and report this.", schema_);
      const auto source = sources_.find(name);
      table.rows.push_back({name, source == sources_.end() ? tenancy_.schema_of(tenant_) + "." + name : source->second,
                            std::string(there.at(0, 0)), std::string(here.at(0, 0))});
    }
    return table;
  }

  const Place& place_;
  const postgres::Dsn& live_;
  const Scratch& scratch_;
  postgres::Dsn copy_;
  const Tenancy& tenancy_;
  Uuid tenant_;
  std::string schema_;
  std::map<std::string, std::string> sources_;  // table of the new schema → shared table
  int foreign_keys_ = 0;
};

Result<std::string> schema_argument(const Arguments& arguments, const Tenancy& tenancy, const Uuid& tenant) {
  const std::string name = arguments.get("--as", fmt::format("{}_restored_{:%Y%m%d%H%M%S}", tenancy.schema_of(tenant),
                                                             std::chrono::floor<std::chrono::seconds>(now())));
  if (name.empty() || name.size() > kLongestName)
    return fail(ErrorCode::Usage, fmt::format("\"{}\" is no name of a schema: it has {} bytes", name, name.size()),
                "Give one of 1 to 63 bytes: --as SCHEMA.");
  if (tenancy.tenant_of_schema(name))
    return fail(ErrorCode::Usage, fmt::format("{} is the name of a tenant's schema", name),
                "Live schemas are left alone: give it another name.");
  return name;
}

Result<void> check_live(const Place& place, const World& world, const Uuid& tenant, const std::string& schema,
                        bool despite) {
  if (world.observation.schema_named(schema))
    return fail(ErrorCode::Conflict, fmt::format("there is a schema {} already", schema), "Give another: --as SCHEMA.");
  const auto deleted = tenancy::deleted_at(world.observation, tenant);
  if (deleted.empty() || despite) return {};
  return fail(
      ErrorCode::Conflict,
      fmt::format("tenant {} was deleted at {}: bringing its data back would undo that", tenant.canonical(), deleted),
      "Where that is meant, and allowed, add --despite-deletion.", place.contract.file);
}

// Whether the ledger took it.
bool record(const postgres::Dsn& live, const Uuid& tenant, const std::string& schema, const restore::Plan& plan,
            const restore::Target& target) {
  auto connection = postgres::Connection::open(live);
  return connection &&
         connection
             ->query(
                 "INSERT INTO pgcontract.evidence (kind, subject, detail) VALUES ('tenant_restored', $1, "
                 "pg_catalog.jsonb_build_object('schema', $2::pg_catalog.text, 'backup', $3::pg_catalog.text, "
                 "'target', $4::pg_catalog.text))",
                 {tenant.canonical(), schema, plan.backup().name, restore::describe(target)})
             .has_value();
}

}  // namespace

Result<Report> run_restore_tenant(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  PGC_TRY(BackupPlace place, open_backup_place(arguments));
  if (!place.place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const Uuid tenant, tenant_argument(arguments.positionals.at(0)));
  PGC_TRY(const std::string schema, schema_argument(arguments, *place.place.contract.tenancy, tenant));
  PGC_TRY(const restore::Target target, target_argument(arguments));
  PGC_TRY(const postgres::Dsn live, resolve_dsn(place.place));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("reading the catalog", 0);
  PGC_TRY(const World world, look(place.place, live));
  PGC_CHECK(check_live(place.place, world, tenant, schema, arguments.has("--despite-deletion")));
  PGC_TRY(const Sources sources, read_sources(place));
  PGC_TRY(const restore::Plan plan,
          restore::make_plan(target, arguments.get("--backup"), sources.backups.base, sources.archive));
  PGC_TRY(const Scratch scratch,
          restore_scratch(place, plan, target, sources, arguments.get("--work-dir", kDefaultWorkDirectory),
                          /*keep=*/false, progress));
  progress.begin("bringing the tenant back", 0);
  TenantRestore restore(place.place, live, scratch, tenant, schema);
  PGC_TRY(Table rows, restore.run());
  progress.end();
  Report report;
  report.command = "restore tenant";
  report.scene = scene_of(place.place, live.describe(), &world);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  report.tables = {plan_table(plan, target, sources.archive), std::move(rows)};
  report.notes.push_back(
      fmt::format("schema {} holds tenant {} as it was; it is {}'s, nobody else may enter it, and "
                  "nothing that was there was touched",
                  schema, tenant.canonical(), place.place.contract.tenancy->roles.owner));
  report.notes.push_back("tables shared_… hold its rows of the application's shared tables");
  if (restore.foreign_keys() > 0)
    report.notes.push_back(fmt::format("{} foreign keys to tables outside of it are left out", restore.foreign_keys()));
  if (!record(live, tenant, schema, plan, target)) report.notes.push_back("no evidence is recorded in the database");
  report.next = {fmt::format("pgcontract psql -- -c 'SET search_path = {}' -c '\\d'", schema)};
  return report;
}

}  // namespace pgcontract::command
