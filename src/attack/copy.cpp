#include "attack/copy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "base/embedded.hpp"
#include "model/observation.hpp"

namespace pgcontract::attack {

std::span<const EmbeddedText> embedded_texts();

namespace {

constexpr std::string_view kPrefix = "pgcontract_attack_";
constexpr std::string_view kBaseSuffix = "_base";
constexpr std::string_view kMark = "pgcontract attack: a disposable copy";
constexpr std::string_view kAnyToken = "[0-9a-f]{8}";
constexpr std::size_t kTokenDigits = 8;
constexpr std::string_view kReportOfB = "33333333-0000-4000-8000-000000000003";

Result<void> run(postgres::Connection& connection, const std::string& script) {
  auto done = connection.execute(script);
  if (!done && connection.in_transaction() && !connection.is_lost()) (void)connection.execute("ROLLBACK");
  return done;
}

// The corpus writes names bare. A name that would need quotes says nothing about the design: a plain one takes its
// place.
std::string plain(const std::string& name, std::string_view otherwise) {
  return quoted(name) == name ? name : std::string(otherwise);
}

std::string canary_hex(std::string_view token) {
  std::string hex;
  for (char c : kCanaryPrefix)
    if (c != '-') hex += c;
  return fmt::format("{}{}", hex, token);
}

// Whoever may create databases and roles; on the primary.
Result<bool> check_able(postgres::Connection& admin, const std::string& target) {
  PGC_TRY(const auto rows, admin.query("SELECT r.rolsuper, r.rolcreatedb AND r.rolcreaterole, "
                                       "pg_catalog.pg_is_in_recovery() FROM pg_catalog.pg_roles AS r "
                                       "WHERE r.rolname OPERATOR(pg_catalog.=) current_user"));
  if (rows.at(0, 2) == "t")
    return fail(ErrorCode::Unsupported, "the server is a standby", "Name the primary in the DSN.", target);
  if (rows.at(0, 0) != "t" && rows.at(0, 1) != "t")
    return fail(ErrorCode::Permission, "the role of the DSN may not create databases and roles",
                "The attacks need a database and tenants of their own: use a superuser, or a role with CREATEDB and "
                "CREATEROLE. Nothing was changed.",
                target);
  return rows.at(0, 0) == "t";
}

// Advisory locks are a database's, the names of roles the cluster's: so those held in other databases count too.
Result<void> take_lock(postgres::Connection& admin) {
  PGC_TRY(const auto rows,
          admin.query("SELECT pg_catalog.pg_try_advisory_lock(1885823860, 2) AND NOT EXISTS (SELECT FROM "
                      "pg_catalog.pg_locks AS l WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted "
                      "AND l.classid OPERATOR(pg_catalog.=) 1885823860::pg_catalog.oid "
                      "AND l.objid OPERATOR(pg_catalog.=) 2::pg_catalog.oid "
                      "AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())"));
  if (rows.at(0, 0) == "t") return {};
  return fail(ErrorCode::LockTimeout, "another tenant attack is at work on this server",
              "Wait until it has ended; nothing was changed.");
}

Result<std::vector<std::string>> roles_that(postgres::Connection& connection, const std::string& condition) {
  PGC_TRY(const auto rows, connection.query(fmt::format(
                               "SELECT r.rolname FROM pg_catalog.pg_roles AS r WHERE {} ORDER BY 1", condition)));
  std::vector<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.emplace_back(rows.at(i, 0));
  return names;
}

}  // namespace

Copy::Copy(postgres::Connection admin, const postgres::Dsn& environment)
    : admin_(std::make_unique<postgres::Connection>(std::move(admin))),
      environment_(environment),
      token_(Uuid::random().hex().substr(0, kTokenDigits)) {
  database_ = fmt::format("{}{}", kPrefix, token_);
  base_database_ = fmt::format("{}{}", database_, kBaseSuffix);
  base_ = environment.with("dbname", base_database_);
  role_prefix_ = database_ + "_";
  for (std::size_t i = 0; i < canaries_.size(); ++i)
    canaries_[i] = *Uuid::parse(fmt::format("{}{}000{}", kCanaryPrefix, token_, i == 0 ? 'a' : 'b'));
}

Copy::~Copy() {
  if (admin_) (void)drop();
}

Result<Copy> Copy::create(const postgres::Dsn& environment) {
  postgres::ConnectOptions options;
  options.application_name = "pgcontract attack";
  PGC_TRY(auto admin, postgres::Connection::open(environment, options));
  PGC_TRY(const bool superuser, check_able(admin, environment.describe()));
  PGC_CHECK(take_lock(admin));
  Copy copy(std::move(admin), environment);
  copy.superuser_ = superuser;
  PGC_TRY(copy.swept_, copy.remove(std::string(kAnyToken)));
  PGC_CHECK(copy.admin_->execute(fmt::format("CREATE DATABASE {} TEMPLATE template0", copy.base_database_)));
  PGC_CHECK(
      copy.admin_->execute(fmt::format("COMMENT ON DATABASE {} IS {}", copy.base_database_, quoted_literal(kMark))));
  return copy;
}

Contract Copy::contract_of(const Contract& contract) const {
  Contract copied = contract;
  copied.migrations.reset();
  copied.schemas.demo.reset();
  copied.schemas.telemetry.reset();
  copied.waivers.clear();
  copied.schemas.application.name = plain(contract.schemas.application.name, "application");
  copied.schemas.extensions = plain(contract.schemas.extensions, "extensions");
  Tenancy& tenancy = *copied.tenancy;
  tenancy.of_canaries = true;
  tenancy.shared_column = plain(contract.tenancy->shared_column, "tenant_id");
  tenancy.limits.connections = -1;  // else an attack would be refused for want of one
  const Tenancy usual;
  if (const auto name = tenancy.schema_of(canaries_[0]); quoted(name) != name)
    tenancy.schema_pattern = usual.schema_pattern;
  if (const auto name = tenancy.role_of(canaries_[0]); quoted(name) != name) tenancy.role_pattern = usual.role_pattern;
  tenancy.roles = {role_prefix_ + "owner", role_prefix_ + "definer", role_prefix_ + "tenant",
                   role_prefix_ + "migrator"};
  // The extension takes a superuser; without one the design stands all the same.
  if (!superuser_)
    copied.waivers.push_back({"monitoring.pg_stat_statements",
                              "*",
                              "the copy is made without a superuser",
                              Date(std::chrono::year(9999), std::chrono::month(12), std::chrono::day(31)),
                              {},
                              {}});
  return copied;
}

void Copy::name_words(const Contract& copied) {
  const Tenancy& tenancy = *copied.tenancy;
  site_.words = {{"A", tenancy.role_of(canaries_[0])},
                 {"B", tenancy.role_of(canaries_[1])},
                 {"SA", tenancy.schema_of(canaries_[0])},
                 {"SB", tenancy.schema_of(canaries_[1])},
                 {"UA", canaries_[0].canonical()},
                 {"UB", canaries_[1].canonical()},
                 {"OWN", tenancy.roles.owner},
                 {"DEF", tenancy.roles.definer},
                 {"GROUP", tenancy.roles.tenant_group},
                 {"MIG", tenancy.roles.migrator},
                 {"AUTH", tenancy.role_of(canaries_[0])},
                 {"APP", copied.schemas.application.name},
                 {"EXT", copied.schemas.extensions},
                 {"DB", base_database_},
                 {"COL", tenancy.shared_column},
                 {"SETTING", tenancy.setting},
                 {"RID", fmt::format("'{}'", kReportOfB)},
                 {"RIDTYPE", "uuid"}};
}

Result<void> Copy::lay_tables(const Contract& copied) {
  name_words(copied);
  PGC_TRY(auto connection, postgres::Connection::open(base_));
  PGC_TRY(const auto rows, connection.query("SELECT current_user"));
  site_.words.insert_or_assign("ADMIN", std::string(rows.at(0, 0)));
  return run(connection, filled(find_embedded(embedded_texts(), "sql/tables.sql"), site_.words));
}

Result<Login> Copy::credentials(postgres::Connection& connection, const std::string& role) {
  Login login{role, SecretString(Uuid::random().hex() + Uuid::random().hex()), {}};
  PGC_TRY(const std::string verifier, connection.password_verifier(role, login.password));
  PGC_CHECK(connection.execute(fmt::format("ALTER ROLE {} PASSWORD {}", quoted(role), quoted_literal(verifier))));
  if (role == site_.words["A"]) site_.words.insert_or_assign("AVERIFIER", verifier);
  return login;
}

// The checkout of doc/checkout.md: SET ROLE as an assertion, the path, and the guard.
Result<void> Copy::let_in(const Contract& copied) {
  PGC_TRY(auto connection, postgres::Connection::open(base_));
  PGC_TRY(site_.tenant_a, credentials(connection, site_.words["A"]));
  PGC_TRY(site_.tenant_b, credentials(connection, site_.words["B"]));
  PGC_TRY(site_.migrator, credentials(connection, site_.words["MIG"]));
  const auto pooled = [&](const Login& own, const std::string& schema) {
    Login login = own;
    login.checkout = {fmt::format("SET ROLE {}", own.user),
                      fmt::format("SET search_path = {}, {}", schema, copied.schemas.application.name),
                      "SELECT pgcontract.checkout()"};
    return login;
  };
  site_.pool_a = pooled(site_.tenant_a, site_.words["SA"]);
  site_.pool_b = pooled(site_.tenant_b, site_.words["SB"]);
  site_.admin = base_;
  for (const auto& [login, file] : {std::pair{&site_.pool_a, "sql/rows_a.sql"}, {&site_.pool_b, "sql/rows_b.sql"}}) {
    auto session = open_session(site_, *login);
    if (!session) {
      session.error().hint =
          "The attacks log in as tenants of the copy: pg_hba.conf must let such roles in by password, to any database.";
      return with_context(session.error(), "canary " + login->user);
    }
    PGC_CHECK(check_out(*session, *login));
    PGC_CHECK(run(*session, filled(find_embedded(embedded_texts(), file), site_.words)));
  }
  return run(connection,
             fmt::format("SET ROLE {}; ANALYZE {}.agents_secrets; RESET ROLE", site_.words["OWN"], site_.words["SB"]));
}

// Other people make roles meanwhile. The file's are those that its transaction sees before its end and nobody else
// does.
Result<void> Copy::change(const std::string& sql) {
  PGC_TRY(auto connection, postgres::Connection::open(base_));
  PGC_TRY(const auto before, roles_that(*admin_, "true"));
  PGC_CHECK(run(connection, "BEGIN;" + filled(sql, site_.words) + "\n;RESET SESSION AUTHORIZATION;RESET ROLE"));
  PGC_TRY(const auto inside, roles_that(connection, "true"));
  PGC_TRY(const auto outside, roles_that(*admin_, "true"));
  std::ranges::set_difference(inside, outside, std::back_inserter(roles_made_));
  std::erase_if(roles_made_, [&](const auto& role) { return std::ranges::binary_search(before, role); });
  // In the same transaction, so that the sweep of a killed run finds them.
  if (!roles_made_.empty())
    PGC_CHECK(run(connection, fmt::format("COMMENT ON DATABASE {} IS {}", base_database_,
                                          quoted_literal(fmt::format("{}\n{}", kMark, fmt::join(roles_made_, "\n"))))));
  PGC_CHECK(run(connection, "COMMIT"));
  std::ranges::set_difference(outside, before, std::back_inserter(roles_left_));
  return {};
}

// CREATE DATABASE copies neither the database's privileges nor the roles' settings in it.
Result<void> Copy::carry_over(const std::string& from, const std::string& to) {
  PGC_TRY(const auto grants,
          admin_->query("SELECT a.privilege_type, CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN "
                        "'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END FROM pg_catalog.pg_database AS d, "
                        "LATERAL pg_catalog.aclexplode(COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) AS a "
                        "LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) a.grantee "
                        "WHERE d.datname OPERATOR(pg_catalog.=) $1::pg_catalog.name",
                        {from}));
  std::string script = fmt::format("BEGIN;REVOKE ALL ON DATABASE {} FROM PUBLIC;", to);
  for (int i = 0; i < grants.size(); ++i)
    script += fmt::format("GRANT {} ON DATABASE {} TO {};", grants.at(i, 0), to, grants.at(i, 1));
  PGC_TRY(const auto settings,
          admin_->query("SELECT pg_catalog.quote_ident(r.rolname), pg_catalog.split_part(s.v, '=', 1), "
                        "pg_catalog.substr(s.v, pg_catalog.strpos(s.v, '=') OPERATOR(pg_catalog.+) 1) "
                        "FROM pg_catalog.pg_db_role_setting AS c "
                        "JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) c.setdatabase "
                        "JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) c.setrole, "
                        "LATERAL pg_catalog.unnest(c.setconfig) AS s(v) "
                        "WHERE d.datname OPERATOR(pg_catalog.=) $1::pg_catalog.name",
                        {from}));
  // By FROM CURRENT the value need not be written as the parameter's kind of list.
  for (int i = 0; i < settings.size(); ++i)
    script += fmt::format(
        "SELECT pg_catalog.set_config({0}, {1}, true);ALTER ROLE {2} IN DATABASE {3} SET {4} FROM CURRENT;",
        quoted_literal(settings.at(i, 1)), quoted_literal(settings.at(i, 2)), settings.at(i, 0), to, settings.at(i, 1));
  return run(*admin_, script + "COMMIT");
}

Result<Site> Copy::fresh() {
  PGC_CHECK(admin_->execute(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", database_)));
  PGC_CHECK(admin_->execute(fmt::format("CREATE DATABASE {} TEMPLATE {}", database_, base_database_)));
  PGC_CHECK(admin_->execute(fmt::format("COMMENT ON DATABASE {} IS {}", database_, quoted_literal(kMark))));
  PGC_CHECK(carry_over(base_database_, database_));
  Site site = site_;
  site.admin = environment_.with("dbname", database_);
  site.words.insert_or_assign("DB", database_);
  return site;
}

// A role with a grant is not dropped, and a file may have granted its roles something that no database holds. DROP
// OWNED BY takes that away, and said in the base it reaches nothing of the environment's. What fails here fails DROP
// ROLE.
void Copy::disown(const std::string& database, const std::vector<std::string>& roles) const {
  if (roles.empty()) return;
  auto connection = postgres::Connection::open(environment_.with("dbname", database));
  if (!connection) return;
  for (const auto& role : roles) (void)connection->execute("DROP OWNED BY " + quoted(role));
}

// Databases first: with them goes everything that would keep a role from being dropped. Only our own: anybody who may
// create databases can give one this name and this comment.
Result<int> Copy::remove(const std::string& token) {
  PGC_TRY(
      const auto databases,
      admin_->query("SELECT d.datname, pg_catalog.shobj_description(d.oid, 'pg_database') "
                    "FROM pg_catalog.pg_database AS d WHERE d.datname OPERATOR(pg_catalog.~) $1 "
                    "AND pg_catalog.pg_get_userbyid(d.datdba) OPERATOR(pg_catalog.=) current_user "
                    "AND pg_catalog.starts_with(COALESCE(pg_catalog.shobj_description(d.oid, 'pg_database'), $2), $2)",
                    {fmt::format("^{}{}({})?$", kPrefix, token, kBaseSuffix), std::string(kMark)}));
  std::vector<std::string> roles;
  int removed = 0;
  for (int i = 0; i < databases.size(); ++i) {
    std::vector<std::string> made_there;
    // One without a mark was cut off before it got it; under the lock nobody else's can be at that point.
    std::string_view made = databases.at(i, 1);
    made.remove_prefix(std::min(made.size(), kMark.size()));
    while (!made.empty()) {
      made.remove_prefix(1);
      made_there.emplace_back(made.substr(0, made.find('\n')));
      made.remove_prefix(made_there.back().size());
    }
    disown(std::string(databases.at(i, 0)), made_there);
    roles.insert(roles.end(), made_there.begin(), made_there.end());
    PGC_CHECK(admin_->execute(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(databases.at(i, 0)))));
    ++removed;
  }
  for (const auto& role : roles) {
    if (admin_->execute(fmt::format("DROP ROLE IF EXISTS {}", quoted(role))))
      ++removed;
    else
      roles_left_.push_back(role);
  }
  // Those of a copy that is another administrator's stay with it.
  PGC_TRY(
      const auto named,
      roles_that(*admin_,
                 fmt::format("(r.rolname OPERATOR(pg_catalog.~) {} OR r.rolname OPERATOR(pg_catalog.~) {}) "
                             "AND NOT EXISTS (SELECT FROM pg_catalog.pg_database AS d WHERE d.datname "
                             "OPERATOR(pg_catalog.~) {} AND pg_catalog.strpos(r.rolname, pg_catalog.substr("
                             "d.datname, {}, {})) OPERATOR(pg_catalog.>) 0)",
                             quoted_literal(fmt::format("^{}{}_(owner|definer|tenant|migrator)$", kPrefix, token)),
                             quoted_literal(fmt::format("{}000[ab]", canary_hex(token))),
                             quoted_literal(fmt::format("^{}{}", kPrefix, token)), kPrefix.size() + 1, kTokenDigits)));
  for (const auto& role : named) {
    const std::string drop = fmt::format("DROP ROLE IF EXISTS {}", quoted(role));
    if (auto dropped = admin_->execute(drop); !dropped) {
      // A change that was tried may have granted it something that no database holds.
      PGC_CHECK(run(*admin_, fmt::format("DROP OWNED BY {}; {}", quoted(role), drop)));
    }
    ++removed;
  }
  return removed;
}

Result<void> Copy::drop() {
  auto removed = remove(token_);
  // One that was never marked as ours is known by its name alone.
  for (const auto& database : {database_, base_database_})
    if (auto dropped = admin_->execute(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", database));
        !dropped && removed)
      removed = tl::unexpected(dropped.error());
  admin_.reset();
  if (!removed) return with_context(removed.error(), "dropping the copy, which the next attack tries again");
  return {};
}

}  // namespace pgcontract::attack
