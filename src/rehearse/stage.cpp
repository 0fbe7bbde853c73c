#include "rehearse/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fleet/runner.hpp"
#include "model/observation.hpp"
#include "rehearse/effects.hpp"

namespace pgcontract::rehearse {
namespace {

constexpr int kLockTimeoutMs = 30'000;

fleet::Setting setting_of(const Contract& contract, const DisposableDatabase& database) {
  return {contract.migrations->version_table, database.owner(), "", kLockTimeoutMs};
}

}  // namespace

Stage::Stage(const Contract& contract, const DisposableDatabase& database, postgres::Connection connection,
             bool application)
    : contract_(contract),
      database_(database),
      connection_(std::move(connection)),
      section_(application ? contract.migrations->application_section : contract.migrations->tenant_section) {
  if (application) {
    schema_.name = contract.schemas.application.name;
  } else {
    schema_.tenant = Uuid::random();
    schema_.name = contract.tenancy->schema_of(*schema_.tenant);
    wanted_.own = {{schema_.name, "{schema}"},
                   {contract.tenancy->role_of(*schema_.tenant), "{role}"},
                   {schema_.tenant->canonical(), "{tenant}"},
                   {schema_.tenant->hex(), "{tenant_hex}"}};
  }
  wanted_.schema = schema_.name;
}

Result<Stage> Stage::set(const Contract& contract, const DisposableDatabase& database, bool application) {
  PGC_TRY(auto connection, postgres::Connection::open(database.dsn()));
  Stage stage(contract, database, std::move(connection), application);
  PGC_CHECK(stage.clear());
  return stage;
}

Result<void> Stage::clear() {
  const std::string owner = database_.owner().empty() ? "CURRENT_USER" : quoted(database_.owner());
  const std::string schema = quoted(schema_.name);
  // The version table is there from the start, so that the schema is at the end of a downgrade what it was before.
  PGC_CHECK(connection_.execute(fmt::format(
      "DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0} AUTHORIZATION {1}; SET ROLE {2}; {3}; RESET ROLE", schema,
      owner, database_.owner().empty() ? "NONE" : owner,
      fleet::create_version_table(fleet::qualified_table(schema_, setting_of(contract_, database_)),
                                  setting_of(contract_, database_)))));
  schema_.has_table = true;
  schema_.rows.clear();
  return {};
}

Result<void> Stage::advance(const fleet::Script& script) {
  const fleet::Setting setting = setting_of(contract_, database_);
  fleet::Runner runner(contract_, database_.dsn(), setting);
  fleet::Passage passage;
  passage.schema = schema_;
  passage.script = &script;
  PGC_CHECK(runner.advance(passage));
  schema_.rows = script.to;
  return {};
}

Result<void> Stage::repeat(const fleet::Script& script) {
  const fleet::Setting setting = setting_of(contract_, database_);
  const std::string enter = fleet::enter_schema(schema_, setting);
  Result<void> ran;
  for (const auto& part : script.parts) {
    const bool one = part.mode == fleet::Mode::Transaction;
    if (ran) ran = connection_.execute(enter);
    if (ran && one) ran = connection_.execute("BEGIN");
    for (const auto& statement : part.statements) {
      if (!ran || statement.of_rows) continue;
      ran = connection_.execute(statement.text);
      if (!ran) ran.error().where = fmt::format("revision {}: {}", statement.revision, statement.text);
    }
    if (!connection_.is_lost() && connection_.in_transaction())
      if (auto ended = connection_.execute(ran ? "COMMIT" : "ROLLBACK"); ran && !ended) ran = ended;
    if (!connection_.is_lost()) (void)connection_.execute(fleet::kLeaveSchema);
    if (!ran) break;
  }
  return ran;
}

Result<Effects> Stage::observe(const fleet::Script& script) {
  PGC_TRY(Effects effects, observe_effects(contract_, database_.dsn(), database_.owner(), schema_, script));
  schema_.rows = script.to;
  return effects;
}

Result<fingerprint::SchemaFingerprint> Stage::fingerprint() {
  PGC_TRY(auto read, fingerprint::read_fingerprints(connection_, {wanted_}, {contract_.migrations->version_table}));
  return std::move(read.front());
}

fleet::Script script_of(const fleet::Script& whole, const alembic::RouteStep& step, std::vector<std::string> rows) {
  fleet::Script script;
  script.upgrade = step.upgrade;
  script.resets_session = whole.resets_session;
  script.from = rows;
  script.to = step.rows_after;
  script.route = {step};
  bool moved = false;
  for (const auto& part : whole.parts) {
    if (std::ranges::find(part.revisions, step.revision) == part.revisions.end()) continue;
    fleet::Part own{part.mode, {}, {step.revision}, rows, rows, {}, part.reason};
    if (part.mode == fleet::Mode::Delegate) {
      own.target = step.upgrade ? step.revision : step.to.empty() ? "base" : step.to.front();
      rows = own.rows_after = step.rows_after;
    }
    for (const auto& statement : part.statements) {
      if (statement.revision != step.revision) continue;
      if (!statement.of_rows) {
        own.statements.push_back(statement);
      } else if (!std::exchange(moved, true)) {
        for (auto& text : alembic::row_statements(step.rows, "{table}"))
          own.statements.push_back({std::move(text), true, step.revision});
        rows = own.rows_after = step.rows_after;
      }
    }
    script.parts.push_back(std::move(own));
  }
  return script;
}

}  // namespace pgcontract::rehearse
