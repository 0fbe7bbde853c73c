#pragma once
// What a logical backup holds, as catalogue.json beside its objects: written last, so that its presence says that the
// backup ended. Read again, it is compared with what the store lists. A Catalogue is a value; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/backup.hpp"
#include "store/store.hpp"

namespace pgcontract::dump {

inline constexpr std::string_view kLogical = "logical/";
inline constexpr std::string_view kCatalogue = "catalogue.json";

enum class ObjectKind { Globals, Database, Schemas, Publications, Rows };
std::string_view to_string(ObjectKind kind);  // "globals", "database", …

struct CatalogueSchema {
  std::string name;
  int tables = 0;
};
struct CatalogueObject {
  std::string name;  // "01_schemas.dump.zst"
  ObjectKind kind = ObjectKind::Schemas;
  std::uint64_t bytes = 0;  // as stored
  std::string sha256;       // likewise
  std::vector<CatalogueSchema> schemas;
};
struct Catalogue {
  std::string id;
  std::string program;  // "pgcontract 0.1.0"
  std::string dump_program;
  std::string database, server_version, system_identifier;
  Lsn lsn = 0;  // where the snapshot was taken
  Instant started_at{}, finished_at{};
  std::string tenant;  // of one tenant alone: its id
  std::string compression;
  bool encrypted = false;
  std::vector<CatalogueObject> objects;  // in the order of a restore

  std::uint64_t bytes() const;
  int schemas() const;
  int tables() const;
};
std::string print(const Catalogue& catalogue);
Result<Catalogue> parse_catalogue(std::string_view text, const std::string& where);

// 20261123T031500Z, which sorts as time does; nothing where the text is none.
std::string id_of(Instant instant);
std::optional<Instant> instant_of(std::string_view id);
std::string object_key(std::string_view id, std::string_view name);  // "logical/ID/NAME"

// All of a store, oldest first, those that never ended too (finished_at is zero and `problem` says so).
Result<std::vector<LogicalBackup>> read_logical_backups(store::Store& store);

}  // namespace pgcontract::dump
