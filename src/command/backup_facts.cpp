#include "command/backup_facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command/evidence.hpp"
#include "walg/names.hpp"

namespace pgcontract::command {
namespace {

using Value = std::optional<std::string>;

constexpr std::size_t kShownSegments = 3;

Value text_or_null(const std::string& text) { return text.empty() ? Value{} : Value(text); }
Value time_or_null(const std::optional<Instant>& at) { return at ? Value(format_instant(*at)) : Value{}; }
std::string yes_or_no(bool value) { return value ? "yes" : "no"; }

}  // namespace

std::string megabytes(std::uint64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); }

Table backups_table(const std::vector<BaseBackup>& backups) {
  Table table{"backups",
              {{"name", "NAME"},
               {"state", "STATE"},
               {"finished_at", "FINISHED"},
               {"bytes", "BYTES"},
               {"stored_bytes", "STORED"},
               {"permanent", "PERMANENT"},
               {"by", "BY"},
               {"problem", "PROBLEM"}},
              {}};
  for (const auto& backup : backups)
    table.rows.push_back({backup.name, std::string(to_string(backup.state)), format_instant(backup.finished_at),
                          std::to_string(backup.uncompressed_bytes), std::to_string(backup.compressed_bytes),
                          yes_or_no(backup.permanent), backup.ours ? "pgcontract" : "wal-g",
                          text_or_null(backup.problem)});
  return table;
}

Table backup_facts(const BaseBackup& backup) {
  Table table{"backup", {{"fact", "FACT"}, {"value", "VALUE"}}, {}};
  const auto add = [&](std::string fact, Value value) { table.rows.push_back({std::move(fact), std::move(value)}); };
  add("name", backup.name);
  add("state", std::string(to_string(backup.state)));
  add("started_at", format_instant(backup.started_at));
  add("finished_at", format_instant(backup.finished_at));
  add("complete_at", time_or_null(backup.complete_at));
  add("verified_at", time_or_null(backup.verified_at));
  add("proven_at", time_or_null(backup.proven_at));
  add("start_lsn", walg::lsn_text(backup.start_lsn));
  add("finish_lsn", walg::lsn_text(backup.finish_lsn));
  add("timeline", std::to_string(backup.timeline));
  add("server_version", fmt::format("{}.{}", backup.pg_version / 10'000, backup.pg_version % 10'000));
  add("system_identifier", std::to_string(backup.system_identifier));
  add("bytes", std::to_string(backup.uncompressed_bytes));
  add("stored_bytes", std::to_string(backup.compressed_bytes));
  add("encrypted", backup.ours ? Value(yes_or_no(backup.encrypted)) : Value{});
  add("permanent", yes_or_no(backup.permanent));
  add("builds_on", text_or_null(backup.delta_from));
  add("host", text_or_null(backup.hostname));
  add("data_directory", text_or_null(backup.data_directory));
  add("by", backup.ours ? "pgcontract" : "wal-g");
  add("problem", text_or_null(backup.problem));
  return table;
}

Result<backup::WalCheck> complete_backup(BackupPlace& place, const backup::NeededWal& needed,
                                         std::chrono::steady_clock::time_point until, report::Progress& progress,
                                         std::vector<std::string>& notes) {
  const auto waiting = [&](const std::string& segment) { progress.advance(0, segment); };
  PGC_TRY(auto check, backup::check_needed_wal(*place.store, place.seal, needed, until, waiting));
  if (check.complete()) {
    PGC_CHECK(backup::record_state(*place.store, needed.backup, BackupState::Complete,
                                   fmt::format("\"segments\":{}", check.segments)));
    return check;
  }
  if (!check.problem.empty())
    notes.push_back(fmt::format("{} cannot become consistent: {}", needed.backup, check.problem));
  if (!check.missing.empty()) {
    const std::size_t shown = std::min(check.missing.size(), kShownSegments);
    notes.push_back(
        fmt::format("{} is taken but not complete: {} of the WAL segments it needs {} not in the archive ({}{})",
                    needed.backup, check.missing.size(), check.missing.size() == 1 ? "is" : "are",
                    fmt::join(check.missing.begin(), check.missing.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                    shown < check.missing.size() ? ", …" : ""));
  }
  return check;
}

void leave_backup_evidence(const Place& place, std::string_view kind, const BaseBackup& backup,
                           const std::string& store, double seconds, std::vector<std::string>& notes) {
  const auto dsn = resolve_dsn(place);
  auto why = dsn ? leave_evidence(*dsn, kind, backup.name,
                                  {{"store", store},
                                   {"start_lsn", walg::lsn_text(backup.start_lsn)},
                                   {"finish_lsn", walg::lsn_text(backup.finish_lsn)},
                                   {"bytes", std::to_string(backup.uncompressed_bytes), true},
                                   {"stored_bytes", std::to_string(backup.compressed_bytes), true},
                                   {"seconds", fmt::format("{:.3f}", seconds), true}})
                 : Result<std::string>(fail(dsn.error()));
  if (!why) why = why.error().message;
  if (!why->empty()) notes.push_back(fmt::format("no evidence of {} is recorded: {}", kind, *why));
}

}  // namespace pgcontract::command
