#include "backup/writer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/uuid.hpp"
#include "base/version.hpp"
#include "walg/names.hpp"

namespace pgcontract::backup {
namespace {

std::string time_of(const walg::TarEntry& entry) {
  const Instant second{std::chrono::seconds(entry.mtime)};
  return fmt::format("{}.{:09}Z", format_instant(second).substr(0, 19), entry.nanoseconds);
}

walg::TarMember text_member(const std::string& name, unsigned mode, std::int64_t mtime, const std::string& text) {
  walg::TarMember member{{name, 'f', mode, text.size(), mtime, 0, ""}, {}};
  member.data = texts([text, given = false]() mutable -> Result<std::string> {
    return std::exchange(given, true) ? std::string() : text;
  });
  return member;
}

std::function<Result<std::optional<walg::TarMember>>()> members(std::vector<walg::TarMember> all) {
  return [all = std::move(all), at = std::size_t{0}]() mutable -> Result<std::optional<walg::TarMember>> {
    return at < all.size() ? std::optional(all[at++]) : std::nullopt;
  };
}

}  // namespace

std::string part_leaf(int number) { return fmt::format("part_{:03}", number); }

Writer::Writer(store::Store& store, walg::Seal seal, std::string name, Spool spool)
    : store_(&store), seal_(std::move(seal)), name_(std::move(name)), spool_(std::move(spool)) {}

Writer::Writer(Writer&& other) noexcept
    : store_(other.store_),
      seal_(std::move(other.seal_)),
      name_(std::move(other.name_)),
      spool_(std::move(other.spool_)) {}

Result<Writer> Writer::begin(store::Store& store, walg::Seal seal, std::string name) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string mark =
      fmt::format(R"({{"started_at":"{}","host":{},"process":{},"run":"{}","program":"pgcontract {}"}})",
                  format_instant(now()), walg::print_text(host.data()), ::getpid(), Uuid::random().hex(), kVersion);
  PGC_CHECK(store::put_text(store, walg::started_key(name), mark, {.if_absent = true}));
  PGC_TRY(auto spool, Spool::make());
  return Writer(store, std::move(seal), std::move(name), std::move(spool));
}

Result<void> Writer::put(const std::string& leaf, const store::Source& source, store::Stored* kept) {
  const std::string key = fmt::format("{}{}/{}", walg::kBackups, name_, leaf);
  auto stored = store_->put(key, source, {});
  if (!stored) return with_context(stored.error(), key);
  const std::lock_guard lock(mutex_);
  objects_.push_back({leaf, stored->size, stored->sha256});
  if (kept) *kept = *stored;
  return {};
}

Result<void> Writer::put_part(const std::string& leaf, std::function<Result<std::optional<walg::TarMember>>()> next) {
  const std::string object = leaf + ".tar" + std::string(walg::extension(seal_.compression));
  std::string lines;
  std::uint64_t files = 0;
  std::uint64_t plain = 0;
  walg::TarSource source;
  source.next = std::move(next);
  source.done = [&](const walg::TarEntry& entry, const std::string& sha256) {
    const auto name = walg::safe_name(entry.name);
    lines += walg::print_manifest_file(
        {name && !name->empty() ? *name : ".", entry.kind, entry.mode, entry.size, sha256, time_of(entry), object});
    ++files;
    plain += entry.size;
  };
  PGC_TRY(const auto encoded, walg::encoded(walg::tar_stream(std::move(source)), seal_));
  store::Stored stored;
  PGC_CHECK(put("tar_partitions/" + object, encoded, &stored));
  files_ += files;
  plain_ += plain;
  stored_ += stored.size;
  return spool_.add(lines);
}

Result<void> Writer::put_control(const std::string& bytes, unsigned mode, std::int64_t mtime) {
  return put_part("pg_control", members({text_member("/global/pg_control", mode, mtime, bytes)}));
}

Result<walg::Manifest> Writer::finish(Ending ending) {
  const auto at = std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
  PGC_CHECK(put_part("backup_label", members({text_member("tablespace_map", 0600, at, ending.tablespace_map),
                                              text_member("backup_label", 0600, at, ending.label)})));
  walg::Sentinel& sentinel = ending.sentinel;
  sentinel.uncompressed_size = plain_;
  sentinel.compressed_size = stored_;
  sentinel.data_catalog_size = plain_;
  sentinel.finish_time = format_instant(now());
  PGC_CHECK(store::put_text(*store_, walg::metadata_key(name_), walg::print_metadata(sentinel, sentinel.is_permanent)));
  PGC_CHECK(put("files_metadata.json", files_metadata_of(spool_)));

  walg::Seal list = seal_;
  list.compression = walg::Compression::Zstd;
  PGC_TRY(const auto files, walg::encoded(spool_.source(), list));
  store::Stored stored;
  PGC_CHECK(put("pgcontract_files.jsonl.zst", files, &stored));

  walg::Manifest manifest;
  manifest.backup = name_;
  manifest.program = fmt::format("pgcontract {}", kVersion);
  manifest.system_identifier = sentinel.system_identifier;
  manifest.pg_version = sentinel.pg_version;
  manifest.segment_size = ending.segment_size;
  manifest.page_checksums = ending.page_checksums;
  manifest.corrupt_pages = ending.corrupt_pages;
  manifest.encrypted = seal_.key != nullptr;
  manifest.compression = walg::to_string(seal_.compression);
  manifest.timeline = ending.timeline;
  manifest.start_lsn = sentinel.lsn;
  manifest.finish_lsn = sentinel.finish_lsn;
  manifest.files = files_;
  manifest.files_sha256 = stored.sha256;
  std::sort(objects_.begin(), objects_.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  manifest.objects = objects_;
  PGC_CHECK(store::put_text(*store_, walg::manifest_key(name_), walg::print_manifest(manifest)));
  PGC_CHECK(store::put_text(*store_, walg::sentinel_key(name_), walg::print_sentinel(sentinel)));
  return manifest;
}

}  // namespace pgcontract::backup
