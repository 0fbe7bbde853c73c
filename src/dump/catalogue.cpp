#include "dump/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "store/name.hpp"
#include "walg/documents.hpp"
#include "walg/names.hpp"

namespace pgcontract::dump {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLargestCatalogue = std::size_t{64} << 20;

ObjectKind kind_named(std::string_view name) {
  for (const auto kind : {ObjectKind::Globals, ObjectKind::Database, ObjectKind::Publications, ObjectKind::Rows})
    if (to_string(kind) == name) return kind;
  return ObjectKind::Schemas;
}

Json object_json(const CatalogueObject& object) {
  Json schemas = Json::array();
  for (const auto& schema : object.schemas) schemas.push_back({{"name", schema.name}, {"tables", schema.tables}});
  return {{"name", object.name},
          {"kind", to_string(object.kind)},
          {"bytes", object.bytes},
          {"sha256", object.sha256},
          {"schemas", std::move(schemas)}};
}

CatalogueObject object_of(const Json& json) {
  CatalogueObject object;
  object.name = json.at("name");
  object.kind = kind_named(json.at("kind").get<std::string>());
  object.bytes = json.at("bytes");
  object.sha256 = json.at("sha256");
  for (const auto& schema : json.at("schemas"))
    object.schemas.push_back({schema.at("name").get<std::string>(), schema.at("tables").get<int>()});
  return object;
}

// A moment that cannot be read is as wrong as a member that is not there.
Instant instant_from(const Json& json) {
  const auto instant = walg::parse_time(json.get<std::string>());
  if (!instant) throw Json::other_error::create(501, "no moment", &json);
  return *instant;
}

// What one listing shows of a backup.
using Sizes = std::map<std::string, std::uint64_t, std::less<>>;

LogicalBackup unfinished(const std::string& id) {
  LogicalBackup backup;
  backup.id = id;
  backup.started_at = instant_of(id).value_or(Instant{});
  backup.problem = "it did not end: there is no catalogue.json";
  return backup;
}

LogicalBackup described(store::Store& store, const std::string& id, const Sizes& sizes) {
  LogicalBackup backup = unfinished(id);
  for (const auto& [name, size] : sizes) backup.bytes += size;
  if (!sizes.contains(kCatalogue)) return backup;
  const std::string key = object_key(id, kCatalogue);
  const auto text = store::get_text(store, key, kLargestCatalogue);
  const auto catalogue = text ? parse_catalogue(*text, key) : tl::unexpected(text.error());
  if (!catalogue) {
    backup.problem = catalogue.error().describe();
    return backup;
  }
  backup.problem.clear();
  backup.database = catalogue->database;
  backup.started_at = catalogue->started_at;
  backup.finished_at = catalogue->finished_at;
  backup.schemas = catalogue->schemas();
  backup.tables = catalogue->tables();
  backup.tenant = catalogue->tenant;
  for (const auto& object : catalogue->objects) {
    const auto at = sizes.find(object.name);
    if (at == sizes.end())
      backup.problem = fmt::format("{} is missing", store::shown_name(object.name));
    else if (at->second != object.bytes)
      backup.problem = fmt::format("{} has {} bytes, its catalogue says {}", store::shown_name(object.name), at->second,
                                   object.bytes);
    if (!backup.problem.empty()) break;
  }
  return backup;
}

}  // namespace

std::string_view to_string(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::Globals: return "globals";
    case ObjectKind::Database: return "database";
    case ObjectKind::Schemas: return "schemas";
    case ObjectKind::Publications: return "publications";
    case ObjectKind::Rows: return "rows";
  }
  return "";
}

std::uint64_t Catalogue::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& object : objects) sum += object.bytes;
  return sum;
}

int Catalogue::schemas() const {
  std::size_t sum = 0;
  for (const auto& object : objects) sum += object.schemas.size();
  return static_cast<int>(sum);
}

int Catalogue::tables() const {
  int sum = 0;
  for (const auto& object : objects)
    for (const auto& schema : object.schemas) sum += schema.tables;
  return sum;
}

std::string print(const Catalogue& catalogue) {
  Json objects = Json::array();
  for (const auto& object : catalogue.objects) objects.push_back(object_json(object));
  const Json json = {{"version", 1},
                     {"id", catalogue.id},
                     {"program", catalogue.program},
                     {"dump_program", catalogue.dump_program},
                     {"database", catalogue.database},
                     {"server_version", catalogue.server_version},
                     {"system_identifier", catalogue.system_identifier},
                     {"lsn", walg::lsn_text(catalogue.lsn)},
                     {"started_at", format_instant(catalogue.started_at)},
                     {"finished_at", format_instant(catalogue.finished_at)},
                     {"tenant", catalogue.tenant},
                     {"compression", catalogue.compression},
                     {"encrypted", catalogue.encrypted},
                     {"bytes", catalogue.bytes()},
                     {"objects", std::move(objects)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Catalogue> parse_catalogue(std::string_view text, const std::string& where) {
  try {
    const Json json = Json::parse(text);
    Catalogue catalogue;
    if (json.at("version").get<int>() != 1)
      return fail(ErrorCode::Unsupported, "the catalogue has a version that is not known here",
                  "Use a newer pgcontract.", where);
    catalogue.id = json.at("id");
    catalogue.program = json.at("program");
    catalogue.dump_program = json.at("dump_program");
    catalogue.database = json.at("database");
    catalogue.server_version = json.at("server_version");
    catalogue.system_identifier = json.at("system_identifier");
    catalogue.lsn = walg::parse_lsn(json.at("lsn").get<std::string>()).value_or(0);
    catalogue.started_at = instant_from(json.at("started_at"));
    catalogue.finished_at = instant_from(json.at("finished_at"));
    catalogue.tenant = json.at("tenant");
    catalogue.compression = json.at("compression");
    catalogue.encrypted = json.at("encrypted");
    for (const auto& object : json.at("objects")) catalogue.objects.push_back(object_of(object));
    return catalogue;
  } catch (const nlohmann::json::exception&) {
    return fail(ErrorCode::InvalidInput, "it is no catalogue of a logical backup",
                "Take the backup again; prune removes this one.", where);
  }
}

std::string id_of(Instant instant) {
  std::string text = format_instant(instant);  // 2026-11-23T03:15:00.120Z
  text.resize(19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

std::optional<Instant> instant_of(std::string_view id) {
  if (id.size() != 16 || id[8] != 'T' || id[15] != 'Z') return std::nullopt;
  const auto part = [&](std::size_t from, std::size_t count) {
    int value = -1;
    const auto [end, error] = std::from_chars(id.data() + from, id.data() + from + count, value);
    return error == std::errc{} && end == id.data() + from + count ? value : -1;
  };
  const auto date = std::chrono::year(part(0, 4)) / part(4, 2) / part(6, 2);
  const int hour = part(9, 2), minute = part(11, 2), second = part(13, 2);
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return std::nullopt;
  return Instant(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

std::string object_key(std::string_view id, std::string_view name) {
  return fmt::format("{}{}/{}", kLogical, id, name);
}

Result<std::vector<LogicalBackup>> read_logical_backups(store::Store& store) {
  std::map<std::string, Sizes> listed;
  PGC_CHECK(store.list(std::string(kLogical), "", [&](const store::Object& object) -> Result<bool> {
    const std::string_view rest = std::string_view(object.name).substr(kLogical.size());
    const auto slash = rest.find('/');
    if (slash != rest.npos && instant_of(rest.substr(0, slash)))
      listed[std::string(rest.substr(0, slash))][std::string(rest.substr(slash + 1))] = object.size;
    return true;
  }));
  std::vector<LogicalBackup> backups;
  for (const auto& [id, sizes] : listed) backups.push_back(described(store, id, sizes));
  return backups;
}

}  // namespace pgcontract::dump
