#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/uuid.hpp"
#include "command/backup_place.hpp"
#include "command/evidence.hpp"
#include "command/list.hpp"
#include "dump/back_up.hpp"
#include "plan/export.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {
namespace {

constexpr int kTriesForAnId = 5;  // two backups of one second

std::string random_mark() {
  return fmt::format("{}.{}", getpid(), std::chrono::system_clock::now().time_since_epoch().count());
}

// A folder of the store that is ours alone: two backups in one second would mix their objects.
Result<std::string> claim_id(store::Store& store) {
  for (int attempt = 1;; ++attempt) {
    const std::string id = dump::id_of(now());
    const auto claimed = store::put_text(store, dump::object_key(id, "started"), random_mark(), {.if_absent = true});
    if (claimed) return id;
    if (claimed.error().code != ErrorCode::Conflict || attempt == kTriesForAnId) return tl::unexpected(claimed.error());
    std::this_thread::sleep_for(std::chrono::milliseconds(1'050));
  }
}

Result<void> add_tenant(const Place& place, const postgres::Dsn& dsn, const std::string& text, dump::Request& request) {
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const Uuid id, tenant_argument(text));
  PGC_TRY(const World world, look(place, dsn));
  request.tenant = id.canonical();
  request.schema = place.contract.tenancy->schema_of(id);
  request.rows_schema = place.contract.schemas.application.name;
  for (auto& table : plan::exported_tables(judged(place, world.observation), id, {}).tables)
    request.rows.push_back({table.copy, table.into, table.sequences});
  return {};
}

Table facts_of(const dump::Catalogue& catalogue, double seconds) {
  Table table{"backup", {{"fact", "FACT"}, {"value", "VALUE"}}, {}};
  const auto add = [&](std::string fact, std::string value) {
    table.rows.push_back({std::move(fact), value.empty() ? std::nullopt : std::optional(std::move(value))});
  };
  add("id", catalogue.id);
  add("database", catalogue.database);
  add("tenant", catalogue.tenant);
  add("schemas", std::to_string(catalogue.schemas()));
  add("tables", std::to_string(catalogue.tables()));
  add("bytes", std::to_string(catalogue.bytes()));
  add("seconds", fmt::format("{:.1f}", seconds));
  add("began", format_instant(catalogue.started_at));
  add("compression", catalogue.compression);
  add("encrypted", catalogue.encrypted ? "yes" : "no");
  add("made_by", catalogue.dump_program);
  return table;
}

Table objects_of(const dump::Catalogue& catalogue) {
  Table table{
      "objects",
      {{"object", "OBJECT"}, {"kind", "KIND"}, {"schemas", "SCHEMAS"}, {"bytes", "BYTES"}, {"sha256", "SHA-256"}},
      {}};
  for (const auto& object : catalogue.objects)
    table.rows.push_back({object.name, std::string(to_string(object.kind)), std::to_string(object.schemas.size()),
                          std::to_string(object.bytes), object.sha256});
  return table;
}

}  // namespace

Result<Report> run_backup_logical(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  dump::Request request;
  PGC_TRY(request.jobs, number_option(arguments, "--jobs", 2, 1, 64));
  PGC_TRY(request.lock_timeout_ms, number_option(arguments, "--lock-timeout", 5'000, 1, 3'600'000));
  PGC_TRY(request.wait_seconds, number_option(arguments, "--wait", 600, 0, 86'400));
  PGC_TRY(const BackupPlace backup, open_backup_place(arguments));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(backup.place));
  if (arguments.has("--tenant")) PGC_CHECK(add_tenant(backup.place, dsn, arguments.get("--tenant"), request));
  PGC_TRY(request.id, claim_id(*backup.store));
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("dumping to " + backup.store->describe(), 0);
  const auto watch = [&](int done, int total, std::uint64_t bytes) {
    progress.advance(done, fmt::format("of {} dumps, {:.1f} MB stored", total, static_cast<double>(bytes) / 1e6));
  };
  auto catalogue = dump::back_up(*backup.store, backup.seal, dsn, request, watch);
  progress.end();
  if (!catalogue)
    return with_context(catalogue.error(),
                        fmt::format("logical backup {}, which has no catalogue and is no backup: backup prune removes "
                                    "what was stored of it",
                                    request.id));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  Report report;
  report.command = "backup logical";
  report.scene = scene_of(backup.place, dsn.describe(), nullptr);
  report.scene.server_version = catalogue->server_version.substr(0, catalogue->server_version.find(' '));
  report.scene.duration_seconds = seconds;
  report.tables = {facts_of(*catalogue, seconds), objects_of(*catalogue)};
  PGC_TRY(const std::string why, leave_evidence(dsn, "logical_backup", catalogue->id,
                                                {{"store", backup.store->describe()},
                                                 {"database", catalogue->database},
                                                 {"tenant", catalogue->tenant},
                                                 {"schemas", std::to_string(catalogue->schemas()), true},
                                                 {"tables", std::to_string(catalogue->tables()), true},
                                                 {"bytes", std::to_string(catalogue->bytes()), true},
                                                 {"seconds", fmt::format("{:.3f}", seconds), true}}));
  report.notes = {
      fmt::format("logical/{} in {} holds {}", catalogue->id, backup.store->describe(),
                  catalogue->tenant.empty() ? "database " + catalogue->database : "tenant " + catalogue->tenant)};
  if (!why.empty()) report.notes.push_back("no evidence is recorded: " + why);
  return report;
}

}  // namespace pgcontract::command
