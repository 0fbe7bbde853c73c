#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "act/dump.hpp"
#include "act/program.hpp"
#include "command/bring.hpp"
#include "command/export_files.hpp"
#include "command/list.hpp"
#include "command/tenant_state.hpp"
#include "plan/export.hpp"
#include "plan/lifecycle.hpp"
#include "report/progress.hpp"
#include "report/render.hpp"

namespace pgcontract::command {
namespace {

constexpr int kLargeObjectPiece = 256 * 1024;

// Names of this system, which another does not have.
const std::vector<std::string> kNotCarried = {
    "POLICY", "ROW SECURITY", "PUBLICATION",   "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA",
    "ACL",    "DEFAULT ACL",  "SECURITY LABEL"};
// Of the application's schema only tables are carried, and what they are made of.
const std::vector<std::string> kNotOfApplication = {
    "TRIGGER", "RULE", "VIEW", "MATERIALIZED VIEW", "MATERIALIZED VIEW DATA", "STATISTICS"};

// Defaults may ask whose session it is; in a database of one tenant's there is one answer.
constexpr std::string_view kRoleTenant =
    "CREATE SCHEMA pgcontract;\n"
    "CREATE FUNCTION pgcontract.role_tenant() RETURNS uuid LANGUAGE sql IMMUTABLE AS 'SELECT ''{}''::uuid';\n";
constexpr std::string_view kRestore =
    "-- Restores one tenant into an empty database:  psql -X -d NEW_DATABASE -f restore.sql\n"
    "\\set ON_ERROR_STOP on\n"
    "SET client_min_messages = warning;\n"
    "BEGIN;\n"
    "{}"
    "\\ir 1_tables.sql\n"
    "\\ir 2_rows.sql\n"
    "\\ir 3_keys.sql\n"
    "\\ir 4_tenant.sql\n"
    "\\ir 5_large_objects.sql\n"
    "COMMIT;\n";

// All of it at one moment: one snapshot, which pg_dump shares.
class Exporter {
 public:
  Exporter(const Place& place, const postgres::Dsn& dsn, const World& world, const Uuid& tenant, ExportFolder& folder,
           report::Progress& progress)
      : place_(place),
        dsn_(dsn),
        view_(judged(place, world.observation)),
        tenancy_(*place.contract.tenancy),
        tenant_(tenant),
        role_(tenancy_.role_of(tenant)),
        folder_(folder),
        progress_(progress) {}

  Result<std::vector<Table>> run() {
    postgres::ConnectOptions options;
    options.statement_timeout_ms = 0;
    options.idle_in_transaction_session_timeout_ms = 0;
    PGC_TRY(auto connection, postgres::Connection::open(dsn_, options));
    PGC_CHECK(check_may_become(connection, tenancy_, std::array{tenant_}));
    PGC_TRY(const act::Dump dump, act::Dump::find(dsn_, connection.server_version()));
    PGC_CHECK(connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    PGC_TRY(const auto snapshot, connection.query("SELECT pg_catalog.pg_export_snapshot()"));
    snapshot_ = snapshot.at(0, 0);
    PGC_CHECK(read_rights(connection));
    PGC_TRY(const Table inventory, read_inventory(connection));
    const auto plan = plan::exported_tables(view_, tenant_, unreadable_);
    PGC_CHECK(write_large_objects(connection));
    PGC_CHECK(become(connection, role_));
    step("its rows of shared tables");
    PGC_CHECK(write_rows(connection, plan));
    step("the application's tables");
    PGC_CHECK(write_application(dump, plan));
    step("its own schema");
    PGC_CHECK(write_tenant(dump));
    PGC_CHECK(folder_.write("restore.sql", [&](const auto& write) -> Result<void> {
      write(fmt::format(kRestore, asks_role_tenant() ? fmt::format(kRoleTenant, tenant_.canonical()) : ""));
      return {};
    }));
    PGC_CHECK(become(connection, tenancy_.roles.owner));
    PGC_CHECK(nothing_hidden(connection, inventory));
    PGC_CHECK(connection.execute("ROLLBACK"));
    PGC_TRY(Table files, measured_files());
    return std::vector<Table>{facts(plan), std::move(files), rows_, inventory};
  }

  bool compared() const { return compared_; }

 private:
  void step(const std::string& what) { progress_.begin("exporting " + what, 0); }

  // What the tenant may not read of the application's schema. Of its own, which the owner reads, only Alembic's version
  // table is left out.
  Result<void> read_rights(postgres::Connection& connection) {
    PGC_TRY(const auto rows,
            connection.query(
                "SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid "
                "OPERATOR(pg_catalog.=) c.relnamespace WHERE n.nspname OPERATOR(pg_catalog.=) $2 AND c.relkind "
                "OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog._char) AND NOT "
                "pg_catalog.has_table_privilege($1, c.oid, 'SELECT')",
                {role_, place_.contract.schemas.application.name}));
    for (int i = 0; i < rows.size(); ++i)
      unreadable_.push_back(static_cast<Oid>(std::stoul(std::string(rows.at(i, 0)))));
    for (const Relation* table : own_tables())
      if (is_version_table(*table)) excluded_.emplace_back(table->name);
    return {};
  }

  std::vector<const Relation*> own_tables() const {
    std::vector<const Relation*> tables;
    if (const Schema* own = view_.observation.schema_named(tenancy_.schema_of(tenant_)))
      for (const auto& relation : view_.observation.relations_of(own->oid))
        if (relation.kind == 'r') tables.push_back(&relation);
    return tables;
  }

  bool is_version_table(const Relation& table) const {
    return place_.contract.migrations && table.name == place_.contract.migrations->version_table;
  }

  bool asks_role_tenant() const {
    return std::ranges::any_of(view_.observation.columns, [](const Column& column) {
      return column.default_expression.find("pgcontract.role_tenant(") != std::string_view::npos;
    });
  }

  // As the administrator, who sees every row: what the export must amount to.
  Result<Table> read_inventory(postgres::Connection& connection) {
    Table table{"inventory",
                {{"object", "OBJECT"}, {"kind", "KIND"}, {"rows", "ROWS"}, {"bytes", "BYTES"}, {"sha256", "SHA-256"}},
                {}};
    const std::string query = plan::inventory_query(view_, tenant_, 0);
    if (query.empty()) return table;
    PGC_CHECK(connection.execute("SAVEPOINT inventory; SET LOCAL row_security = off"));
    const auto rows = connection.query(query);
    PGC_CHECK(connection.execute("ROLLBACK TO SAVEPOINT inventory"));
    // Without that right the export is what the tenant sees, and there is nothing to compare it with.
    compared_ = rows || rows.error().code != ErrorCode::Permission;
    if (!compared_) return table;
    if (!rows) return tl::unexpected(rows.error());
    for (int i = 0; i < rows->size(); ++i) {
      table.rows.emplace_back();
      for (int column = 0; column < rows->columns(); ++column) table.rows.back().emplace_back(rows->at(i, column));
    }
    return table;
  }

  Result<void> become(postgres::Connection& connection, const std::string& role) const {
    return connection.execute(fmt::format("SET LOCAL ROLE {}; SET LOCAL row_security = on; SET LOCAL {} = {}",
                                          pgcontract::quoted(role), tenancy_.setting,
                                          quoted_literal(tenant_.canonical())));
  }

  Result<void> write_rows(postgres::Connection& connection, const plan::ExportPlan& plan) {
    return folder_.write("2_rows.sql", [&](const auto& write) -> Result<void> {
      write("SET client_encoding = 'UTF8';\nSET search_path = '';\n");
      for (const auto& table : plan.tables) {
        std::int64_t count = 0;
        write(table.into + ";\n");
        PGC_CHECK(connection.copy_out(table.copy, [&](std::string_view row) {
          write(row);
          ++count;
        }));
        write("\\.\n");
        for (const auto& sequence : table.sequences) write(sequence + ";\n");
        rows_.rows.push_back(
            {view_.observation.name_of(*table.relation), table.shared ? "shared" : "reference", std::to_string(count)});
      }
      return {};
    });
  }

  Result<void> write_large_objects(postgres::Connection& connection) {
    PGC_TRY(const auto objects,
            connection.query("SELECT m.oid FROM pg_catalog.pg_largeobject_metadata AS m WHERE m.lomowner "
                             "OPERATOR(pg_catalog.=) (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname "
                             "OPERATOR(pg_catalog.=) $1) ORDER BY m.oid",
                             {role_}));
    return folder_.write("5_large_objects.sql", [&](const auto& write) -> Result<void> {
      for (int i = 0; i < objects.size(); ++i) {
        const std::string oid(objects.at(i, 0));
        write(fmt::format("SELECT pg_catalog.lo_create({});\n", oid));
        for (std::int64_t offset = 0;; offset += kLargeObjectPiece) {
          PGC_TRY(
              const auto piece,
              connection.query("SELECT pg_catalog.lo_get($1::pg_catalog.oid, $2::pg_catalog.int8, $3::pg_catalog.int4)",
                               {oid, std::to_string(offset), std::to_string(kLargeObjectPiece)}));
          if (piece.at(0, 0) == "\\x") break;
          write(fmt::format("SELECT pg_catalog.lo_put({}, {}, '{}');\n", oid, offset, piece.at(0, 0)));
        }
      }
      large_objects_ = objects.size();
      return {};
    });
  }

  Result<void> write_application(const act::Dump& dump, const plan::ExportPlan& plan) const {
    act::DumpRequest request{place_.contract.schemas.application.name,
                             tenancy_.roles.owner,
                             snapshot_,
                             "",
                             /*rows=*/false,
                             {},
                             kNotCarried,
                             plan.foreign_keys_left_out};
    request.left_out.insert(request.left_out.end(), kNotOfApplication.begin(), kNotOfApplication.end());
    const std::string archive = folder_.path("application.dump");
    PGC_CHECK(dump.take(request, archive));
    PGC_CHECK(dump.write_sql(request, archive, "pre-data", folder_.path("1_tables.sql")));
    PGC_CHECK(dump.write_sql(request, archive, "post-data", folder_.path("3_keys.sql")));
    std::error_code ignored;
    std::filesystem::remove(archive, ignored);
    return {};
  }

  // By the owner: the schema is the tenant's alone, and tenants hold no grants on its sequences and partitions.
  Result<void> write_tenant(const act::Dump& dump) const {
    const act::DumpRequest request{tenancy_.schema_of(tenant_),
                                   tenancy_.roles.owner,
                                   snapshot_,
                                   act::session_option(tenancy_.setting, tenant_.canonical()),
                                   /*rows=*/true,
                                   excluded_,
                                   kNotCarried,
                                   {}};
    const std::string archive = folder_.path("tenant.dump");
    PGC_CHECK(dump.take(request, archive));
    PGC_CHECK(dump.write_sql(request, archive, "", folder_.path("4_tenant.sql")));
    std::error_code ignored;
    std::filesystem::remove(archive, ignored);
    return {};
  }

  // A policy made by hand may hide a tenant's rows from it, or from the owner; an export without them would look whole.
  Result<void> nothing_hidden(postgres::Connection& connection, const Table& inventory) const {
    std::map<std::string, std::string> seen;
    for (const auto& row : rows_.rows)
      if (row[1] == "shared") seen.emplace(*row[0], *row[2]);
    for (const Relation* table : own_tables()) {
      if (is_version_table(*table)) continue;
      const std::string name = view_.observation.name_of(*table);
      PGC_TRY(const auto rows, connection.query("SELECT pg_catalog.count(*) FROM ONLY " + name));
      seen.emplace(name, rows.at(0, 0));
    }
    for (const auto& row : inventory.rows)
      if (const auto at = seen.find(*row[0]); at != seen.end() && at->second != *row[2])
        return fail(ErrorCode::Conflict,
                    fmt::format("{} of its {} rows of {} can be seen", at->second, *row[2], *row[0]),
                    "A policy hides the others: see pgcontract verify, and pg_policies.");
    return {};
  }

  Result<Table> measured_files() const {
    Table table{"files", {{"file", "FILE"}, {"bytes", "BYTES"}, {"sha256", "SHA-256"}}, {}};
    for (const char* name :
         {"1_tables.sql", "2_rows.sql", "3_keys.sql", "4_tenant.sql", "5_large_objects.sql", "restore.sql"}) {
      PGC_TRY(const auto file, folder_.measure(name));
      table.rows.push_back({file.name, file.bytes, file.sha256});
    }
    return table;
  }

  Table facts(const plan::ExportPlan& plan) const {
    Table table{"export", {{"fact", "FACT"}, {"value", "VALUE"}}, {}};
    const auto add = [&](std::string fact, std::string value) {
      table.rows.push_back({std::move(fact), value.empty() ? std::nullopt : std::optional(std::move(value))});
    };
    std::string extensions;
    for (const auto& extension : view_.observation.extensions)
      if (extension.name != "plpgsql") extensions += (extensions.empty() ? "" : ", ") + std::string(extension.name);
    add("tenant", tenant_.canonical());
    add("schema", tenancy_.schema_of(tenant_));
    add("schema_read_as", tenancy_.roles.owner);
    add("shared_rows_read_as", role_);
    add("large_objects", std::to_string(large_objects_));
    add("tables_left_out", fmt::format("{}", fmt::join(excluded_, ", ")));
    add("foreign_keys_left_out", fmt::format("{}", fmt::join(plan.foreign_keys_left_out, ", ")));
    add("extensions_of_the_source", extensions);
    return table;
  }

  const Place& place_;
  const postgres::Dsn& dsn_;
  Judged view_;
  const Tenancy& tenancy_;
  Uuid tenant_;
  std::string role_;
  ExportFolder& folder_;
  report::Progress& progress_;
  bool compared_ = true;  // with what one sees who sees every row
  std::string snapshot_;
  std::vector<Oid> unreadable_;
  std::vector<std::string> excluded_;  // tables of its schema
  int large_objects_ = 0;
  Table rows_{"rows", {{"table", "TABLE"}, {"kind", "KIND"}, {"rows", "ROWS"}}, {}};
};

}  // namespace

Result<Report> run_tenant_export(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const Uuid id, tenant_argument(arguments.positionals.at(0)));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  const std::string target = arguments.get("--output", place.contract.tenancy->schema_of(id));
  umask(077);
  PGC_TRY(ExportFolder folder, ExportFolder::begin(target, arguments.yes));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("reading the catalog", 0);
  PGC_TRY(const World world, look(place, dsn));
  if (!living_tenant(world.observation, id)) return fail(no_such_tenant(world.observation, id));
  Report report;
  report.command = "tenant export";
  report.scene = scene_of(place, dsn.describe(), &world);
  Exporter exporter(place, dsn, world, id, folder, progress);
  PGC_TRY(report.tables, exporter.run());
  // The manifest is this very report.
  PGC_CHECK(folder.write(std::string(kManifest), [&](const auto& write) -> Result<void> {
    write(report::render(report, Format::Json, report::Style{}));
    return {};
  }));
  PGC_TRY(const auto manifest, folder.measure(std::string(kManifest)));
  progress.end();
  PGC_TRY(const act::Options options, act_options(arguments, place, "tenant export"));
  PGC_TRY(Brought brought,
          carry_out(
              place, dsn, [&](const World&) -> Result<Plan> { return plan::record_export(id, manifest.sha256); },
              options, arguments));
  report.application = std::move(brought.application);
  // No export without its evidence: where that was declined, or failed, the folder never gets its name.
  if (report.application->count(StepState::Done) == 0) return report;
  PGC_CHECK(std::move(folder).finish());
  report.notes = {
      exporter.compared()
          ? fmt::format("{} holds all of tenant {}", target, id.canonical())
          : fmt::format("{} holds what tenant {} sees; whether a policy hides some of its rows takes a role "
                        "that bypasses row-level security to tell",
                        target, id.canonical())};
  report.next = {fmt::format("psql -X -d NEW_DATABASE -f {}/restore.sql", target)};
  return report;
}

}  // namespace pgcontract::command
