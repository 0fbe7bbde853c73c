#include "record/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <thread>
#include <utility>

#include "act/program.hpp"
#include "alembic/command.hpp"
#include "fingerprint/design.hpp"
#include "model/observation.hpp"
#include "record/proxy.hpp"
#include "record/revisions.hpp"

namespace pgcontract::record {
namespace {

// Nobody else is there; CREATE INDEX CONCURRENTLY waits for the other run's transactions.
constexpr int kLockTimeoutMs = 120'000;

// The first digit is one: its names then need quotes wherever another tenant's may, and a revision that quotes by need
// quotes them here.
Uuid distinctive() {
  Uuid id = Uuid::random();
  while (std::isdigit(static_cast<unsigned char>(id.hex().front())) == 0) id = Uuid::random();
  return id;
}

// The line of Python's last error, which SQLAlchemy follows up with the statement and a link; else the last line.
std::string error_line(const std::string& text) {
  std::string last, error;
  for (std::string_view rest = text; !rest.empty();) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \r"), line.size()));
    if (line.empty()) continue;
    last = line;
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos && line.substr(0, colon).find(' ') == std::string_view::npos) error = line;
  }
  return error.empty() ? last : error;
}

// Steps that one run of Alembic takes in exactly this order: where only ever one row is there, each follows from the
// one before.
std::vector<alembic::Route> runs_of(const alembic::Route& route) {
  std::vector<alembic::Route> runs;
  for (const auto& step : route) {
    const bool goes_on = !runs.empty() && runs.back().back().rows_after.size() <= 1 && step.rows_after.size() <= 1;
    if (!goes_on) runs.emplace_back();
    runs.back().push_back(step);
  }
  return runs;
}

// Both at once: most of the time is Python's start.
template <typename F>
Result<void> for_both(F&& work) {
  Result<void> first, second;
  {
    const std::jthread other([&] { second = work(1); });
    first = work(0);
  }
  return first ? second : first;
}

}  // namespace

struct Recorder::Scratch {
  Uuid tenant;
  std::string schema;
  bool counts_changed = false;
  Revisions revisions;
};

Result<Recording> Recorder::record(const std::vector<std::string>& rows, const alembic::Route& route) {
  if (!contract_.tenancy) return fail(ErrorCode::Usage, "the contract has no tenants");
  PGC_CHECK(prepare());
  auto recording = attempt(rows, route);
  if (recording || has_application_ || recording.error().code != ErrorCode::Process) return recording;
  // Tables of tenants may refer to the application's.
  const auto built = database_->upgrade(contract_, contract_.migrations->application_section,
                                        contract_.schemas.application.name, "heads", on_line_);
  has_application_ = true;
  if (!built) return recording;
  return attempt(rows, route);
}

Result<void> Recorder::prepare() {
  if (database_) return {};
  PGC_TRY(auto connection, postgres::Connection::open(dsn_));
  PGC_TRY(const auto schemas, connection.query("SELECT n.nspname FROM pg_catalog.pg_namespace AS n WHERE n.nspname "
                                               "OPERATOR(pg_catalog.!~) '^(pg_|information_schema$)'"));
  for (int i = 0; i < schemas.size(); ++i) {
    std::string name(schemas.at(i, 0));
    if (!contract_.tenancy->tenant_of_schema(name)) other_schemas_.push_back(std::move(name));
  }
  PGC_TRY(auto database, rehearse::DisposableDatabase::create(contract_, dsn_));
  database_.emplace(std::move(database));
  return {};
}

Result<Recording> Recorder::attempt(const std::vector<std::string>& rows, const alembic::Route& route) {
  std::vector<Scratch> scratches(2);
  PGC_TRY(auto connection, postgres::Connection::open(database_->dsn()));
  const std::string& owner = database_->owner();
  for (auto& scratch : scratches) {
    scratch.tenant = distinctive();
    scratch.schema = contract_.tenancy->schema_of(scratch.tenant);
    PGC_CHECK(connection.execute(fmt::format("CREATE SCHEMA {} AUTHORIZATION {}", quoted(scratch.schema),
                                             owner.empty() ? "CURRENT_USER" : quoted(owner))));
  }
  scratches[1].counts_changed = true;
  PGC_CHECK(probe(scratches[0]));
  PGC_CHECK(for_both([&](std::size_t i) { return build(scratches[i], rows); }));
  PGC_TRY(auto before, fingerprints(scratches));
  PGC_CHECK(for_both([&](std::size_t i) { return follow(scratches[i], route); }));
  PGC_TRY(auto after, fingerprints(scratches));
  Recording out{{std::move(scratches[0].revisions), scratches[0].tenant}, std::move(before[0]), std::move(after[0])};
  auto& revisions = out.recorded.revisions;
  hold_against(revisions, scratches[0].tenant, scratches[1].revisions, scratches[1].tenant);
  refuse_mentions(revisions, scratches[0].tenant, database_->name());
  const bool all = std::ranges::all_of(revisions, [](const auto& entry) { return entry.second.refused.empty(); });
  if (all && out.after.root != after[1].root)
    return fail(ErrorCode::Unsupported, "two runs of Alembic made schemas that differ");
  return out;
}

// A command that only looks, to see that env.py connects where it is told: another would change somebody's database.
Result<void> Recorder::probe(const Scratch& scratch) {
  if (is_probed_) return {};
  PGC_TRY(Proxy proxy, Proxy::start(database_->dsn(), {}));
  const auto ran = alembic(scratch, proxy.dsn(), "current", "");
  const Transcript heard = proxy.stop();
  if (!heard.refused.empty()) return fail(ErrorCode::Unsupported, heard.refused);
  const std::string said = ran ? std::string() : ran.error().message;
  if (heard.sessions == 0)
    return fail(ErrorCode::Unsupported,
                fmt::format("env.py does not connect as {} says{}{}", contract_.migrations->url_variable,
                            said.empty() ? "" : "; ", said));
  if (!ran) return fail(ErrorCode::Unsupported, said);
  is_probed_ = true;
  return {};
}

Result<void> Recorder::build(const Scratch& scratch, const std::vector<std::string>& rows) {
  if (rows.empty()) return {};
  PGC_TRY(const Proxy proxy, Proxy::start(database_->dsn(), {}));
  for (const auto& row : rows) PGC_CHECK(alembic(scratch, proxy.dsn(), "upgrade", row));
  return {};
}

Result<void> Recorder::follow(Scratch& scratch, const alembic::Route& route) {
  const Migrations& migrations = *contract_.migrations;
  const Surroundings surroundings{scratch.schema, migrations.version_table, database_->owner(), other_schemas_};
  for (const auto& steps : runs_of(route)) {
    PGC_TRY(Proxy proxy, Proxy::start(database_->dsn(), {scratch.counts_changed, migrations.version_table}));
    const auto& last = steps.back();
    const std::string below = last.to.empty() ? "base" : last.to.front();
    const auto ran =
        alembic(scratch, proxy.dsn(), last.upgrade ? "upgrade" : "downgrade", last.upgrade ? last.revision : below);
    const Transcript heard = proxy.stop();
    if (!ran) return ran;
    PGC_TRY(auto revisions, revisions_of(heard, steps, surroundings));
    scratch.revisions.merge(revisions);
  }
  return {};
}

Result<void> Recorder::alembic(const Scratch& scratch, const postgres::Dsn& dsn, const std::string& verb,
                               const std::string& target) {
  auto arguments =
      alembic::upgrade_arguments(*contract_.migrations, contract_.migrations->tenant_section, target, /*sql=*/false);
  *std::ranges::find(arguments, "upgrade") = verb;
  if (target.empty()) arguments.pop_back();
  const Program program{arguments, database_->owner(), quoted(scratch.schema)};
  const auto ran = act::run_program(contract_, dsn, program, kLockTimeoutMs);
  if (ran) return {};
  Error error = ran.error();
  error.message = "Alembic failed on an empty schema: " + error_line(error.message);
  return fail(std::move(error));
}

Result<std::vector<fingerprint::SchemaFingerprint>> Recorder::fingerprints(const std::vector<Scratch>& scratches) {
  PGC_TRY(auto connection, postgres::Connection::open(database_->dsn()));
  std::vector<fingerprint::Wanted> wanted;
  for (const auto& scratch : scratches)
    wanted.push_back(fingerprint::tenant_wanted(*contract_.tenancy, scratch.tenant));
  return fingerprint::read_fingerprints(connection, wanted, {contract_.migrations->version_table});
}

}  // namespace pgcontract::record
