#include "backup/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include "store/name.hpp"
#include "walg/documents.hpp"
#include "walg/names.hpp"

namespace pgcontract::backup {
namespace {

constexpr std::size_t kReaders = 4;

// What the listing says of one backup.
struct Listed {
  std::optional<store::Object> sentinel;
  std::map<std::string, std::uint64_t> objects;  // below its folder → size
  std::map<std::string, Instant> written;        // of ours, which tell a state by being there
  std::uint64_t bytes = 0;
  Instant last_written{};
};
using Listing = std::map<std::string, Listed>;

Result<Listing> list_backups(store::Store& store) {
  Listing listing;
  const auto listed = store.list(std::string(walg::kBackups), "", [&](const store::Object& object) -> Result<bool> {
    if (auto name = walg::backup_of_sentinel(object.name)) {
      listing[*name].sentinel = object;
      return true;
    }
    const std::string_view below = std::string_view(object.name).substr(walg::kBackups.size());
    const std::size_t slash = below.find('/');
    if (slash == std::string_view::npos || !walg::is_backup_name(below.substr(0, slash))) return true;
    Listed& entry = listing[std::string(below.substr(0, slash))];
    const std::string leaf(below.substr(slash + 1));
    if (leaf.starts_with("pgcontract_")) entry.written[leaf] = object.modified;
    entry.objects[leaf] = object.size;
    entry.bytes += object.size;
    entry.last_written = std::max(entry.last_written, object.modified);
    return true;
  });
  if (!listed && listed.error().code != ErrorCode::NotFound) return fail(listed.error());
  return listing;
}

void add_states(const Listed& listed, BaseBackup& backup) {
  const auto when = [&](BackupState state) -> std::optional<Instant> {
    const auto at = listed.written.find(fmt::format("pgcontract_{}.json", to_string(state)));
    return at == listed.written.end() ? std::nullopt : std::optional(at->second);
  };
  backup.complete_at = when(BackupState::Complete);
  backup.verified_at = when(BackupState::Verified);
  backup.proven_at = when(BackupState::Proven);
  if (backup.complete_at) backup.state = BackupState::Complete;
  if (backup.verified_at) backup.state = BackupState::Verified;
  if (backup.proven_at) backup.state = BackupState::Proven;
}

// What the listing lacks of what the manifest counts.
std::string missing_objects(const walg::Manifest& manifest, const Listed& listed) {
  for (const auto& object : manifest.objects) {
    const auto at = listed.objects.find(object.key);
    if (at == listed.objects.end()) return fmt::format("{} is missing", store::shown_name(object.key));
    if (at->second != object.size)
      return fmt::format("{} has {} bytes, not {}", store::shown_name(object.key), at->second, object.size);
  }
  return {};
}

// What wal-g itself would only find out in a restore.
std::string missing_parts(const Listed& listed, const walg::Sentinel& sentinel) {
  bool control = false, label = false, part = false;
  for (const auto& [leaf, size] : listed.objects) {
    if (!leaf.starts_with("tar_partitions/")) continue;
    if (size == 0) return fmt::format("{} is empty", store::shown_name(leaf));
    control = control || leaf.starts_with("tar_partitions/pg_control.tar");
    label = label || leaf.starts_with("tar_partitions/backup_label.tar");
    part = part || leaf.starts_with("tar_partitions/part_");
  }
  if (!part) return "it has no part with data";
  if (!control) return "the part with pg_control is missing";
  if (!label) return "the part with backup_label is missing";
  if (!listed.objects.contains("files_metadata.json") && !sentinel.files_metadata_disabled)
    return "files_metadata.json is missing: what it should contain is not known";
  return {};
}

Result<void> read_documents(store::Store& store, const Listed& listed, BaseBackup& backup) {
  const std::string key = walg::sentinel_key(backup.name);
  PGC_TRY(const auto text, store::get_text(store, key, kLargestDocument));
  PGC_TRY(const auto sentinel, walg::parse_sentinel(text, key));
  backup.delta_from = sentinel.delta_from;
  backup.pg_version = sentinel.pg_version;
  backup.system_identifier = sentinel.system_identifier;
  backup.start_lsn = sentinel.lsn;
  backup.finish_lsn = sentinel.finish_lsn;
  backup.uncompressed_bytes = sentinel.uncompressed_size;
  backup.compressed_bytes = sentinel.compressed_size;
  backup.hostname = sentinel.hostname;
  backup.data_directory = sentinel.data_dir;
  if (const auto at = walg::parse_time(sentinel.start_time)) backup.started_at = *at;
  if (const auto at = walg::parse_time(sentinel.finish_time)) backup.finished_at = *at;
  if (listed.objects.contains("metadata.json")) {
    const std::string where = walg::metadata_key(backup.name);
    PGC_TRY(const auto metadata_text, store::get_text(store, where, kLargestDocument));
    PGC_TRY(const auto metadata, walg::parse_metadata(metadata_text, where));
    backup.permanent = metadata.is_permanent;
  } else {
    backup.problem = "metadata.json is missing: wal-g refuses to list such a backup";
  }
  if (!backup.ours) {
    if (backup.problem.empty()) backup.problem = missing_parts(listed, sentinel);
    return {};
  }
  const std::string where = walg::manifest_key(backup.name);
  PGC_TRY(const auto manifest_text, store::get_text(store, where, kLargestDocument));
  PGC_TRY(const auto manifest, walg::parse_manifest(manifest_text, where));
  backup.encrypted = manifest.encrypted;
  if (backup.problem.empty()) backup.problem = missing_objects(manifest, listed);
  if (backup.problem.empty() && manifest.backup != backup.name) backup.problem = "its manifest is another backup's";
  if (backup.problem.empty() && manifest.corrupt_pages > 0)
    backup.problem = fmt::format("{} pages were damaged on the server when it was taken", manifest.corrupt_pages);
  return {};
}

// A document that is no document is a problem of the backup; a store that does not answer is an Error.
Result<void> read_backup(store::Store& store, const Listed& listed, BaseBackup& backup) {
  backup.timeline = walg::timeline_of(backup.name);
  backup.finished_at = listed.sentinel->modified;
  backup.ours = listed.objects.contains("pgcontract_manifest.json");
  add_states(listed, backup);
  const auto read = read_documents(store, listed, backup);
  if (!read) {
    const ErrorCode code = read.error().code;
    if (code != ErrorCode::InvalidInput && code != ErrorCode::NotFound && code != ErrorCode::Unsupported) return read;
    backup.problem = fmt::format("{}: {}", read.error().where, read.error().message);
  }
  if (listed.objects.contains("pgcontract_problem.json")) {
    PGC_TRY(backup.problem, store::get_text(store, walg::problem_key(backup.name), kLargestDocument));
    backup.problem = walg::problem_of(backup.problem);
  }
  return {};
}

// A delta is worth what it was made from is worth.
void follow_deltas(std::vector<BaseBackup>& backups) {
  std::map<std::string, const BaseBackup*> by_name;
  for (const auto& backup : backups) by_name[backup.name] = &backup;
  for (auto& backup : backups) {
    std::set<std::string> seen;
    for (const BaseBackup* at = &backup; backup.problem.empty() && !at->delta_from.empty();) {
      const auto parent = by_name.find(at->delta_from);
      if (parent == by_name.end())
        backup.problem = fmt::format("{}, which it builds on, is missing", at->delta_from);
      else if (!seen.insert(at->delta_from).second)
        backup.problem = "it builds on itself";
      else if (!parent->second->problem.empty())
        backup.problem = fmt::format("{}, which it builds on: {}", at->delta_from, parent->second->problem);
      if (!backup.problem.empty()) break;
      at = parent->second;
    }
  }
}

}  // namespace

Result<BaseBackups> read_base_backups(store::Store& store) {
  PGC_TRY(const Listing listing, list_backups(store));
  BaseBackups all;
  std::vector<const Listed*> listed;
  for (const auto& [name, entry] : listing) {
    if (entry.sentinel) {
      all.backups.emplace_back().name = name;
      listed.push_back(&entry);
    } else {
      all.unfinished.push_back({name, entry.objects.size(), entry.bytes, entry.last_written});
    }
  }
  std::vector<Result<void>> read(listed.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < listed.size(); i = next++)
      read[i] = read_backup(store, *listed[i], all.backups[i]);
  };
  {
    std::vector<std::jthread> readers;
    for (std::size_t i = 1; i < std::min(kReaders, listed.size()); ++i) readers.emplace_back(work);
    work();
  }
  for (auto& result : read)
    if (!result) return fail(result.error());
  follow_deltas(all.backups);
  std::sort(all.backups.begin(), all.backups.end(), [](const auto& a, const auto& b) {
    return std::tie(a.finished_at, a.name) < std::tie(b.finished_at, b.name);
  });
  return all;
}

Result<BaseBackup> find_backup(const BaseBackups& all, const std::string& name) {
  if (all.backups.empty())
    return fail(ErrorCode::NotFound, "the store holds no base backup", "Take one: pgcontract backup base.");
  if (name == "latest") return all.backups.back();
  for (const auto& backup : all.backups)
    if (backup.name == name) return backup;
  return fail(ErrorCode::NotFound, fmt::format("there is no base backup {}", store::shown_name(name)),
              "See pgcontract backup list.");
}

}  // namespace pgcontract::backup
