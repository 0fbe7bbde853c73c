#include "fleet/survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <span>

#include "model/observation.hpp"

namespace pgcontract::fleet {
namespace {

// Locks of one message's COPYs are held until the savepoint is rolled back; a server's table by default holds 6,400.
constexpr std::size_t kTablesPerMessage = 500;

int number_of(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The escapes of COPY's text format that a revision's id can hold.
std::string unescaped(std::string_view field) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      out += field[i];
      continue;
    }
    const char c = field[++i];
    out += c == 't'   ? '\t'
           : c == 'n' ? '\n'
           : c == 'r' ? '\r'
           : c == 'b' ? '\b'
           : c == 'f' ? '\f'
           : c == 'v' ? '\v'
                      : c;
  }
  return out;
}

std::string copy_of(const std::string& schema, const std::string& table) {
  return fmt::format("COPY {}.{} (version_num) TO STDOUT;", quoted(schema), quoted(table));
}

// Every schema with its version table, where it has one like Alembic's: another kind of relation, or a column of a type
// with a cast of somebody's, would run a tenant's code as us. Not a join: the server expects two version tables and
// would compare each with each schema, a hundred million times for ten thousand tenants. A subquery of its own is
// hashed.
constexpr std::string_view kSchemas = R"(
SELECT n.nspname, n.oid OPERATOR(pg_catalog.=) ANY (
  SELECT c.relnamespace
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attname OPERATOR(pg_catalog.=) 'version_num'
    AND a.atttypid OPERATOR(pg_catalog.=) ANY ('{25,1043}'::pg_catalog.oid[]) AND NOT a.attisdropped
  WHERE c.relkind OPERATOR(pg_catalog.=) 'r' AND c.relname OPERATOR(pg_catalog.=) $1::pg_catalog.name)
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_'
ORDER BY n.nspname)";

constexpr std::string_view kServer = R"(
SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_database(),
  pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int4 OPERATOR(pg_catalog.*)
    (pg_catalog.current_setting('max_connections')::pg_catalog.int4 OPERATOR(pg_catalog.+)
     pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int4),
  pg_catalog.to_regclass('pgcontract.job_step') IS NOT NULL,
  pg_catalog.to_regclass('pgcontract.tenant') IS NOT NULL)";

class Reader {
 public:
  Reader(postgres::Connection& connection, const Contract& contract) : connection_(connection), contract_(contract) {}

  Result<Survey> run() {
    const Migrations& migrations = *contract_.migrations;
    out_.application.application = true;
    out_.application.section = migrations.application_section;
    out_.tenants.section = migrations.tenant_section;
    PGC_TRY(const auto server, connection_.query(kServer));
    out_.in_recovery = server.at(0, 0) == "t";
    out_.database = server.at(0, 1);
    out_.lock_slots = number_of(server.at(0, 2));
    out_.has_journal = server.at(0, 3) == "t";
    if (out_.has_journal) {
      PGC_TRY(const auto running, connection_.query("SELECT 1 FROM pgcontract.job AS j WHERE j.state "
                                                    "OPERATOR(pg_catalog.=) 'running' LIMIT 1"));
      out_.job_running = !running.empty();
    }
    if (server.at(0, 4) == "t") PGC_CHECK(read_registry());
    PGC_CHECK(read_schemas());
    PGC_CHECK(read_roles());
    PGC_CHECK(read_versions());
    return std::move(out_);
  }

 private:
  Result<void> read_registry() {
    has_registry_ = true;
    PGC_TRY(const auto rows, connection_.query("SELECT t.id, t.state FROM pgcontract.tenant AS t"));
    for (int i = 0; i < rows.size(); ++i)
      if (const auto id = Uuid::parse(rows.at(i, 0))) registry_.emplace(*id, rows.at(i, 1));
    return {};
  }

  Result<void> read_schemas() {
    PGC_TRY(const auto rows, connection_.query(kSchemas, {contract_.migrations->version_table}));
    for (int i = 0; i < rows.size(); ++i) {
      FleetSchema schema;
      schema.name = rows.at(i, 0);
      schema.has_table = rows.at(i, 1) == "t";
      if (schema.name == contract_.schemas.application.name) {
        out_.application.schemas.push_back(std::move(schema));
        continue;
      }
      if (!contract_.tenancy || out_.tenants.section.empty()) continue;
      schema.tenant = contract_.tenancy->tenant_of_schema(schema.name);
      if (!schema.tenant) continue;
      const auto known = registry_.find(*schema.tenant);
      if (known == registry_.end() && has_registry_) {
        out_.tenants.unregistered.push_back(schema.name);
      } else if (known == registry_.end() || known->second != "deleted") {
        out_.tenants.schemas.push_back(std::move(schema));
      }
    }
    return {};
  }

  // Whoever makes a tenant's first table takes the version table away from the tenant's role.
  Result<void> read_roles() {
    if (!contract_.tenancy || std::ranges::all_of(out_.tenants.schemas, &FleetSchema::has_table)) return {};
    std::set<std::string, std::less<>> names;
    PGC_TRY(const auto rows, connection_.query("SELECT r.rolname FROM pg_catalog.pg_roles AS r"));
    for (int i = 0; i < rows.size(); ++i) names.emplace(rows.at(i, 0));
    for (auto& schema : out_.tenants.schemas)
      if (auto role = contract_.tenancy->role_of(*schema.tenant); names.contains(role)) schema.role = std::move(role);
    return {};
  }

  Result<void> read_versions() {
    std::vector<FleetSchema*> tables;
    for (auto* fleet : {&out_.application, &out_.tenants})
      for (auto& schema : fleet->schemas)
        if (schema.has_table) tables.push_back(&schema);
    for (std::size_t first = 0; first < tables.size(); first += kTablesPerMessage) {
      const std::span all(tables);
      const auto some = all.subspan(first, std::min(tables.size() - first, kTablesPerMessage));
      const auto read = read_tables(some);
      if (!read && !is_of_one_table(read.error())) return read;
      if (!read) PGC_CHECK(one_by_one(some));
    }
    for (auto* schema : tables) std::ranges::sort(schema->rows);
    return {};
  }

  Result<void> read_tables(std::span<FleetSchema* const> schemas) {
    std::string script;
    for (auto* schema : schemas) {
      schema->rows.clear();
      script += copy_of(schema->name, contract_.migrations->version_table);
    }
    PGC_CHECK(connection_.execute("SAVEPOINT versions"));
    const auto read = connection_.copy_out_each(script, [&](int copy, std::string_view line) {
      if (line.ends_with('\n')) line.remove_suffix(1);
      schemas[static_cast<std::size_t>(copy)]->rows.push_back(unescaped(line));
    });
    if (!connection_.is_lost()) PGC_CHECK(connection_.execute("ROLLBACK TO SAVEPOINT versions"));
    return read;
  }

  // A lock, a schema dropped since the list of them was read, rights.
  static bool is_of_one_table(const Error& error) {
    static constexpr std::string_view kStates[] = {"55P03", "42P01", "3F000", "42501", "42703"};
    return std::ranges::find(kStates, error.sqlstate) != std::end(kStates);
  }

  Result<void> one_by_one(std::span<FleetSchema* const> schemas) {
    PGC_CHECK(connection_.execute("SET LOCAL lock_timeout = 200"));
    for (auto* const& schema : schemas) {
      const auto read = read_tables({&schema, 1});
      if (read) continue;
      if (!is_of_one_table(read.error())) return read;
      schema->rows.clear();
      schema->unreadable =
          fmt::format("{} cannot be read: {}", contract_.migrations->version_table, read.error().message);
    }
    return {};
  }

  postgres::Connection& connection_;
  const Contract& contract_;
  Survey out_;
  bool has_registry_ = false;
  std::map<Uuid, std::string> registry_;
};

}  // namespace

Result<Survey> survey(postgres::Connection& connection, const Contract& contract) {
  PGC_CHECK(connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off"));
  auto found = Reader(connection, contract).run();
  if (!connection.is_lost()) {
    auto ended = connection.execute("ROLLBACK");
    if (found && !ended) return tl::unexpected(ended.error());
  }
  if (!found) return with_context(found.error(), "reading the version tables");
  return found;
}

Result<std::vector<std::string>> read_rows(postgres::Connection& connection, const std::string& schema,
                                           const std::string& table) {
  std::vector<std::string> rows;
  const auto read = connection.copy_out(copy_of(schema, table), [&](std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    rows.push_back(unescaped(line));
  });
  if (!read && read.error().sqlstate == "42P01")
    return fail(ErrorCode::NotFound, "there is no version table", "", fmt::format("{}.{}", schema, table));
  if (!read) return tl::unexpected(read.error());
  std::ranges::sort(rows);
  return rows;
}

}  // namespace pgcontract::fleet
