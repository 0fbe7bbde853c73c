#include "rehearse/disposable.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <set>
#include <utility>

#include "act/program.hpp"
#include "alembic/command.hpp"
#include "base/uuid.hpp"
#include "observe/observe.hpp"

namespace pgcontract::rehearse {
namespace {

constexpr int kLockTimeoutMs = 5'000;
constexpr std::string_view kPrefix = "pgcontract_disposable_";
constexpr std::string_view kComment = "pgcontract: may be dropped";
constexpr std::string_view kLockClass = "1885823861";  // one behind that of `apply`
constexpr std::size_t kKeyDigits = 8;                  // of the name, as the lock's second number

// As pg_locks shows it: advisory locks are a database's, but all of the cluster's are listed.
std::uint32_t lock_key(std::string_view name) {
  const auto digits = name.substr(kPrefix.size(), kKeyDigits);
  std::uint32_t key = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), key, 16);
  return key;
}

Result<std::string> owner_role(postgres::Connection& connection, const Contract& contract) {
  if (!contract.tenancy) return std::string();
  PGC_TRY(const auto rows, connection.query("SELECT r.rolname FROM pg_catalog.pg_roles AS r "
                                            "WHERE r.rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name "
                                            "AND pg_catalog.pg_has_role(r.oid, 'MEMBER')",
                                            {contract.tenancy->roles.owner}));
  return rows.empty() ? std::string() : std::string(rows.at(0, 0));
}

// Those that no living run holds the lock of and no session is in. The databases are listed before the locks: whatever
// is listed had its lock before it was there.
Result<int> sweep(postgres::Connection& connection) {
  PGC_TRY(const auto databases, connection.query("SELECT d.datname FROM pg_catalog.pg_database AS d "
                                                 "WHERE d.datname OPERATOR(pg_catalog.~) $1 "
                                                 "AND COALESCE(pg_catalog.shobj_description(d.oid, 'pg_database'), $2) "
                                                 "OPERATOR(pg_catalog.=) $2",
                                                 {fmt::format("^{}[0-9a-f]{{32}}$", kPrefix), std::string(kComment)}));
  if (databases.empty()) return 0;
  PGC_TRY(const auto locks, connection.query(fmt::format("SELECT l.objid FROM pg_catalog.pg_locks AS l "
                                                         "WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' "
                                                         "AND l.classid OPERATOR(pg_catalog.=) {}::pg_catalog.oid",
                                                         kLockClass)));
  std::set<std::string> held;
  for (int row = 0; row < locks.size(); ++row) held.emplace(locks.at(row, 0));
  int swept = 0;
  for (int row = 0; row < databases.size(); ++row) {
    const auto name = databases.at(row, 0);
    if (held.contains(std::to_string(lock_key(name)))) continue;
    // Without FORCE: where a session is still in it (an Alembic that outlived its parent), the next run does it.
    // Another run may be sweeping, too.
    if (connection.execute("DROP DATABASE IF EXISTS " + quoted(name))) ++swept;
  }
  return swept;
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

DisposableDatabase::DisposableDatabase(std::unique_ptr<postgres::Connection> admin, const postgres::Dsn& server)
    : admin_(std::move(admin)), server_(server) {}

DisposableDatabase::DisposableDatabase(DisposableDatabase&& other) noexcept
    : admin_(std::move(other.admin_)),
      server_(std::move(other.server_)),
      name_(std::exchange(other.name_, {})),
      dsn_(std::move(other.dsn_)),
      owner_(std::move(other.owner_)),
      swept_(other.swept_) {}

DisposableDatabase::~DisposableDatabase() { (void)drop(); }

Result<void> DisposableDatabase::drop() {
  if (name_.empty()) return {};
  if (!admin_ || admin_->is_lost()) {
    PGC_TRY(auto again, postgres::Connection::open(server_));
    admin_ = std::make_unique<postgres::Connection>(std::move(again));
  }
  // FORCE: a migration that was cut short may have left its session.
  PGC_CHECK(admin_->execute(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name_))));
  name_.clear();
  admin_.reset();
  return {};
}

Result<DisposableDatabase> DisposableDatabase::create(const Contract& contract, const postgres::Dsn& dsn) {
  PGC_TRY(const std::string extensions, extensions_of(dsn));
  postgres::ConnectOptions options;
  options.application_name = "pgcontract rehearsal";
  PGC_TRY(auto admin, postgres::Connection::open(dsn, options));
  DisposableDatabase database(std::make_unique<postgres::Connection>(std::move(admin)), dsn);
  postgres::Connection& connection = *database.admin_;
  PGC_TRY(database.swept_, sweep(connection));
  PGC_TRY(database.owner_, owner_role(connection, contract));
  const std::string name = fmt::format("{}{}", kPrefix, Uuid::random().hex());
  PGC_CHECK(connection.execute(fmt::format("SELECT pg_catalog.pg_advisory_lock({}, {})", kLockClass,
                                           static_cast<std::int32_t>(lock_key(name)))));
  auto created = connection.execute("CREATE DATABASE " + quoted(name));
  if (!created && created.error().code == ErrorCode::Permission)
    created.error().hint = "The role of the DSN needs CREATEDB to build a disposable database.";
  if (!created) return with_context(created.error(), "making a disposable database");
  database.name_ = name;
  database.dsn_ = dsn.with("dbname", name);
  PGC_TRY(auto inside, postgres::Connection::open(database.dsn_));
  std::string script = fmt::format("COMMENT ON DATABASE {} IS {}; ", quoted(name), quoted_literal(kComment));
  if (!database.owner_.empty())
    script += fmt::format("GRANT CREATE, TEMPORARY ON DATABASE {} TO {}; ", quoted(name), quoted(database.owner_));
  PGC_CHECK(inside.execute(script + extensions));
  return database;
}

Result<void> DisposableDatabase::upgrade(const Contract& contract, const std::string& section,
                                         const std::string& schema, const std::string& target,
                                         const std::function<void(std::string_view)>& on_line) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn_));
  PGC_CHECK(connection.execute(fmt::format("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}", quoted(schema),
                                           owner_.empty() ? "CURRENT_USER" : quoted(owner_))));
  const Program program{alembic::upgrade_arguments(*contract.migrations, section, target, /*sql=*/false), owner_,
                        quoted(schema)};
  const auto ran = act::run_program(contract, dsn_, program, kLockTimeoutMs, on_line);
  if (!ran) return with_context(ran.error(), "building " + schema + " on the disposable database");
  return {};
}

Result<Observation> DisposableDatabase::observe(const Contract& contract) const {
  PGC_TRY(auto connection, postgres::Connection::open(dsn_));
  return observe::observe_world(connection, contract);
}

}  // namespace pgcontract::rehearse
