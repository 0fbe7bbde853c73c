#pragma once
// What every command on backups begins with: the place, its store opened, and how objects are compressed and encrypted.

#include <memory>
#include <string>

#include "command/command.hpp"
#include "command/world.hpp"
#include "store/store.hpp"
#include "walg/codec.hpp"

namespace pgcontract::command {

struct BackupPlace {
  Place place;
  std::unique_ptr<store::Store> store;
  walg::Seal seal;
};
// --store LOCATION goes before the environment's store, which goes before the contract's.
Result<BackupPlace> open_backup_place(const Arguments& arguments, const store::Limits& limits = {});
Result<BackupPlace> open_backup_place(Place place, const Arguments& arguments, const store::Limits& limits = {});
// Where `place` keeps its backups.
Result<StoreLocation> store_of(const Place& place, const Arguments& arguments);

}  // namespace pgcontract::command
