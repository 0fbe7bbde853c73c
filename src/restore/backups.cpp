#include "restore/backups.hpp"

#include <algorithm>

#include "walg/documents.hpp"
#include "walg/names.hpp"

namespace pgcontract::restore {
namespace {

constexpr std::size_t kLargestDocument = std::size_t{64} << 20;

Result<BaseBackup> read_one(store::Store& store, const std::string& name, std::uint64_t& segment_size) {
  BaseBackup backup;
  backup.name = name;
  backup.timeline = walg::timeline_of(name);
  const std::string key = walg::sentinel_key(name);
  PGC_TRY(const std::string text, store::get_text(store, key, kLargestDocument));
  const auto sentinel = walg::parse_sentinel(text, key);
  if (!sentinel) {
    backup.problem = sentinel.error().describe();
    return backup;
  }
  backup.delta_from = sentinel->delta_from;
  backup.pg_version = sentinel->pg_version;
  backup.system_identifier = sentinel->system_identifier;
  backup.start_lsn = sentinel->lsn;
  backup.finish_lsn = sentinel->finish_lsn;
  backup.started_at = walg::parse_time(sentinel->start_time).value_or(Instant{});
  backup.finished_at = walg::parse_time(sentinel->finish_time).value_or(Instant{});
  backup.uncompressed_bytes = sentinel->uncompressed_size;
  backup.compressed_bytes = sentinel->compressed_size;
  backup.data_directory = sentinel->data_dir;
  const auto manifest = store::get_text(store, walg::manifest_key(name), kLargestDocument);
  if (!manifest && manifest.error().code != ErrorCode::NotFound) return tl::unexpected(manifest.error());
  if (!manifest) return backup;
  const auto parsed = walg::parse_manifest(*manifest, walg::manifest_key(name));
  backup.ours = true;
  if (!parsed) {
    backup.problem = parsed.error().describe();
    return backup;
  }
  backup.timeline = parsed->timeline;
  backup.encrypted = parsed->encrypted;
  if (parsed->segment_size != 0) segment_size = parsed->segment_size;
  return backup;
}

}  // namespace

Result<Backups> read_backups(store::Store& store) {
  std::vector<std::string> names;
  PGC_CHECK(store.list(std::string(walg::kBackups), "", [&](const store::Object& object) -> Result<bool> {
    if (const auto name = walg::backup_of_sentinel(object.name)) names.push_back(*name);
    return true;
  }));
  Backups backups{{}, walg::kDefaultSegmentSize};
  for (const auto& name : names) {
    PGC_TRY(backups.base.emplace_back(), read_one(store, name, backups.segment_size));
  }
  std::ranges::sort(backups.base, {}, [](const BaseBackup& b) { return std::pair(b.finished_at, b.finish_lsn); });
  return backups;
}

}  // namespace pgcontract::restore
