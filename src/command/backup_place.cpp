#include "command/backup_place.hpp"

#include <fmt/format.h>

#include "command/local_cluster.hpp"
#include "contract/environment.hpp"

namespace pgcontract::command {
namespace {

walg::Compression compression_named(const std::string& name) {
  return name == "lz4" ? walg::Compression::Lz4 : name == "none" ? walg::Compression::None : walg::Compression::Zstd;
}

}  // namespace

Result<StoreLocation> store_of(const Place& place, const Arguments& arguments) {
  StoreLocation location = place.contract.store;
  if (!place.environment.store.empty()) location.url = place.environment.store;
  location.url = arguments.get("--store", location.url);
  if (location.url == "none")
    return fail(ErrorCode::NotFound, fmt::format("environment {} keeps no backups", place.environment.name),
                "Its store is none in the contract: choose another with --env, or name a store with --store URL.",
                place.contract.file);
  if (location.url == "embedded") {
    PGC_TRY(const auto embedded, embedded_of(place));
    location.url = "file://" + embedded.directory + ".store";
  }
  if (location.url.empty())
    return fail(ErrorCode::NotFound, "the contract names no store for backups",
                "Add it under backup, such as store: s3://bucket/prefix, or name one with --store URL.",
                place.contract.file);
  return location;
}

Result<BackupPlace> open_backup_place(const Arguments& arguments, const store::Limits& limits) {
  PGC_TRY(Place place, open_place(arguments));
  return open_backup_place(std::move(place), arguments, limits);
}

Result<BackupPlace> open_backup_place(Place place, const Arguments& arguments, const store::Limits& limits) {
  PGC_TRY(const StoreLocation location, store_of(place, arguments));
  BackupPlace backup{std::move(place), nullptr, {}};
  if (const auto& promise = backup.place.contract.backup) {
    backup.seal.compression = compression_named(promise->compression);
    if (!promise->encryption_key.empty()) {
      PGC_TRY(const SecretString text,
              contract::read_secret(backup.place.contract, promise->encryption_key, "the key of backups"));
      PGC_TRY(backup.seal.key, walg::Key::parse(text, promise->key_transform));
    }
  }
  PGC_TRY(backup.store, store::open_store(location, backup.place.contract.directory, limits));
  return backup;
}

}  // namespace pgcontract::command
