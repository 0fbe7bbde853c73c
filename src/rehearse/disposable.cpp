#include "rehearse/disposable.hpp"

#include <fmt/format.h>

#include "act/program.hpp"
#include "alembic/command.hpp"
#include "base/uuid.hpp"
#include "model/observation.hpp"

namespace pgcontract::rehearse {
namespace {

constexpr int kLockTimeoutMs = 5'000;

std::string owner_role(const Contract& contract) {
  return contract.tenancy ? contract.tenancy->roles.owner : std::string();
}

// Extensions stand in the schemas they have on the real database, at the versions they have there.
Result<std::string> extensions_of(const postgres::Dsn& dsn) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const auto rows,
          connection.query("SELECT e.extname, n.nspname, e.extversion FROM pg_catalog.pg_extension AS e "
                           "JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace "
                           "WHERE e.extname OPERATOR(pg_catalog.<>) 'plpgsql' ORDER BY e.oid"));
  std::string script;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string schema(rows.at(row, 1));
    if (!schema.starts_with("pg_")) script += fmt::format("CREATE SCHEMA IF NOT EXISTS {}; ", quoted(schema));
    script += fmt::format("CREATE EXTENSION IF NOT EXISTS {} SCHEMA {} VERSION {}; ", quoted(rows.at(row, 0)),
                          quoted(schema), quoted_literal(rows.at(row, 2)));
  }
  return script;
}

}  // namespace

DisposableDatabase::DisposableDatabase(DisposableDatabase&& other) noexcept
    : server_(std::move(other.server_)), dsn_(std::move(other.dsn_)), name_(std::exchange(other.name_, {})) {}

DisposableDatabase::~DisposableDatabase() { (void)drop(); }

Result<void> DisposableDatabase::drop() {
  if (name_.empty()) return {};
  PGC_TRY(auto connection, postgres::Connection::open(server_));
  // FORCE: a migration that was cut short may have left its session.
  PGC_CHECK(connection.execute(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name_))));
  name_.clear();
  return {};
}

Result<DisposableDatabase> DisposableDatabase::create(const Contract& contract, const postgres::Dsn& dsn) {
  PGC_TRY(const std::string extensions, extensions_of(dsn));
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  const std::string name = "pgcontract_disposable_" + Uuid::random().hex();
  auto created = connection.execute("CREATE DATABASE " + quoted(name));
  if (!created && created.error().code == ErrorCode::Permission)
    created.error().hint = "The role of the DSN needs CREATEDB to build a disposable database.";
  if (!created) return with_context(created.error(), "making a disposable database");
  DisposableDatabase database(dsn, dsn.with("dbname", name), name);
  PGC_TRY(auto inside, postgres::Connection::open(database.dsn_));
  std::string script = fmt::format("COMMENT ON DATABASE {} IS 'pgcontract: may be dropped'; ", quoted(name));
  if (const std::string owner = owner_role(contract); !owner.empty())
    script += fmt::format("GRANT CREATE, TEMPORARY ON DATABASE {} TO {}; ", quoted(name), quoted(owner));
  PGC_CHECK(inside.execute(script + extensions));
  return database;
}

Result<void> DisposableDatabase::upgrade(const Contract& contract, const std::string& section,
                                         const std::string& schema, const std::string& target,
                                         const std::function<void(std::string_view)>& on_line) {
  const std::string owner = owner_role(contract);
  PGC_TRY(auto connection, postgres::Connection::open(dsn_));
  PGC_CHECK(connection.execute(fmt::format("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}", quoted(schema),
                                           owner.empty() ? "CURRENT_USER" : quoted(owner))));
  const Program program{alembic::upgrade_arguments(*contract.migrations, section, target, /*sql=*/false), owner,
                        quoted(schema)};
  const auto ran = act::run_program(contract, dsn_, program, kLockTimeoutMs, on_line);
  if (!ran) return with_context(ran.error(), "building " + schema + " on the disposable database");
  return {};
}

}  // namespace pgcontract::rehearse
