#include "walg/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

#include "walg/json.hpp"
#include "walg/names.hpp"

namespace pgcontract::walg {
namespace {

constexpr std::string_view kDateFormat = "%Y-%m-%dT%H:%M:%S.%fZ";
constexpr int kSentinelVersion = 2;  // "files_metadata.json is a must"
constexpr int kManifestVersion = 1;

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

Json spec_of(const Sentinel& sentinel) {
  Json spec;
  spec["base_prefix"] = without_slash(sentinel.base_prefix);
  spec["tablespaces"] = Json::array();
  for (const auto& tablespace : sentinel.tablespaces) spec["tablespaces"].push_back(tablespace.oid);
  for (const auto& tablespace : sentinel.tablespaces)
    spec[tablespace.oid] = {{"loc", without_slash(tablespace.location)}, {"link", "pg_tblspc/" + tablespace.oid}};
  return spec;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// wal-g makes links of what stands here, so that what a hostile one could name is looked at first.
Result<void> read_spec(const Json& spec, Sentinel& sentinel, const std::string& where) {
  if (!spec.is_object()) return {};
  PGC_TRY(sentinel.base_prefix, text_at(spec, "base_prefix", where));
  const Json* names = find(spec, "tablespaces");
  if (!names || !names->is_array()) return {};
  for (const auto& name : *names) {
    if (!name.is_string() || !is_number(name.get_ref<const std::string&>()))
      return malformed("a tablespace is named by a number", where);
    const Json* entry = find(spec, name.get_ref<const std::string&>());
    if (!entry || !entry->is_object()) return malformed("a tablespace has no entry of its own", where);
    PGC_TRY(std::string location, text_at(*entry, "loc", where));
    if (!location.starts_with('/')) return malformed("a tablespace's location is not absolute", where);
    sentinel.tablespaces.push_back({name.get<std::string>(), std::move(location)});
  }
  return {};
}

Result<void> read_delta(const Json& json, Sentinel& sentinel, const std::string& where) {
  PGC_TRY(sentinel.delta_from, text_at(json, "DeltaFrom", where));
  if (sentinel.delta_from.empty()) return {};
  PGC_TRY(sentinel.delta_full_name, text_at(json, "DeltaFullName", where));
  PGC_TRY(sentinel.delta_lsn, number_at<Lsn>(json, find(json, "DeltaLSN") ? "DeltaLSN" : "DeltaFromLSN", where));
  PGC_TRY(sentinel.delta_count, number_at<int>(json, "DeltaCount", where));
  if (!is_backup_name(sentinel.delta_from) || !is_backup_name(sentinel.delta_full_name) || sentinel.delta_lsn == 0)
    return malformed("a delta does not say what it was made from", where);
  return {};
}

}  // namespace

std::string print_sentinel(const Sentinel& sentinel) {
  Json json;
  json["LSN"] = sentinel.lsn;
  if (!sentinel.delta_from.empty()) {
    json["DeltaLSN"] = sentinel.delta_lsn;
    json["DeltaFrom"] = sentinel.delta_from;
    json["DeltaFullName"] = sentinel.delta_full_name;
    json["DeltaCount"] = sentinel.delta_count;
  }
  json["PgVersion"] = sentinel.pg_version;
  json["FinishLSN"] = sentinel.finish_lsn;
  json["SystemIdentifier"] = sentinel.system_identifier;
  json["UncompressedSize"] = sentinel.uncompressed_size;
  json["CompressedSize"] = sentinel.compressed_size;
  if (sentinel.data_catalog_size > 0) json["DataCatalogSize"] = sentinel.data_catalog_size;
  if (!sentinel.tablespaces.empty()) json["Spec"] = spec_of(sentinel);
  if (sentinel.files_metadata_disabled) json["FilesMetadataDisabled"] = true;
  json["ChkpNum"] = nullptr;
  json["Version"] = kSentinelVersion;
  json["StartTime"] = sentinel.start_time;
  json["FinishTime"] = sentinel.finish_time;
  json["DateFmt"] = kDateFormat;
  json["Hostname"] = sentinel.hostname;
  json["DataDir"] = sentinel.data_dir;
  json["IsPermanent"] = sentinel.is_permanent;
  return printed(json);
}

Result<Sentinel> parse_sentinel(std::string_view text, const std::string& where) {
  PGC_TRY(const Json json, parsed(text, where));
  Sentinel sentinel;
  PGC_TRY(sentinel.lsn, number_at<Lsn>(json, "LSN", where));
  PGC_TRY(sentinel.finish_lsn, number_at<Lsn>(json, "FinishLSN", where));
  PGC_TRY(sentinel.pg_version, number_at<int>(json, "PgVersion", where));
  PGC_TRY(sentinel.system_identifier, number_at<std::uint64_t>(json, "SystemIdentifier", where));
  PGC_TRY(sentinel.uncompressed_size, number_at<std::uint64_t>(json, "UncompressedSize", where));
  PGC_TRY(sentinel.compressed_size, number_at<std::uint64_t>(json, "CompressedSize", where));
  PGC_TRY(sentinel.data_catalog_size, number_at<std::uint64_t>(json, "DataCatalogSize", where));
  if (const Json* spec = find(json, "Spec")) PGC_CHECK(read_spec(*spec, sentinel, where));
  PGC_CHECK(read_delta(json, sentinel, where));
  PGC_TRY(sentinel.files_metadata_disabled, flag_at(json, "FilesMetadataDisabled", where));
  PGC_TRY(sentinel.start_time, text_at(json, "StartTime", where));
  PGC_TRY(sentinel.finish_time, text_at(json, "FinishTime", where));
  PGC_TRY(sentinel.hostname, text_at(json, "Hostname", where));
  PGC_TRY(sentinel.data_dir, text_at(json, "DataDir", where));
  PGC_TRY(sentinel.is_permanent, flag_at(json, "IsPermanent", where));
  if (sentinel.lsn == 0 || sentinel.finish_lsn < sentinel.lsn)
    return malformed(
        fmt::format("a backup from {} to {} is none", lsn_text(sentinel.lsn), lsn_text(sentinel.finish_lsn)), where);
  return sentinel;
}

std::string print_metadata(const Sentinel& sentinel, bool permanent) {
  Json json;
  json["start_time"] = sentinel.start_time;
  json["finish_time"] = sentinel.finish_time;
  json["date_fmt"] = kDateFormat;
  json["hostname"] = sentinel.hostname;
  json["data_dir"] = sentinel.data_dir;
  json["pg_version"] = sentinel.pg_version;
  json["start_lsn"] = sentinel.lsn;
  json["finish_lsn"] = sentinel.finish_lsn;
  json["is_permanent"] = permanent;
  json["system_identifier"] = sentinel.system_identifier;
  json["uncompressed_size"] = sentinel.uncompressed_size;
  json["compressed_size"] = sentinel.compressed_size;
  return printed(json);
}

Result<Metadata> parse_metadata(std::string_view text, const std::string& where) {
  PGC_TRY(const Json json, parsed(text, where));
  Metadata metadata;
  PGC_TRY(metadata.is_permanent, flag_at(json, "is_permanent", where));
  PGC_TRY(metadata.start_time, text_at(json, "start_time", where));
  PGC_TRY(metadata.finish_time, text_at(json, "finish_time", where));
  PGC_TRY(metadata.hostname, text_at(json, "hostname", where));
  PGC_TRY(metadata.data_dir, text_at(json, "data_dir", where));
  PGC_TRY(metadata.pg_version, number_at<int>(json, "pg_version", where));
  PGC_TRY(metadata.start_lsn, number_at<Lsn>(json, "start_lsn", where));
  PGC_TRY(metadata.finish_lsn, number_at<Lsn>(json, "finish_lsn", where));
  PGC_TRY(metadata.system_identifier, number_at<std::uint64_t>(json, "system_identifier", where));
  PGC_TRY(metadata.uncompressed_size, number_at<std::uint64_t>(json, "uncompressed_size", where));
  PGC_TRY(metadata.compressed_size, number_at<std::uint64_t>(json, "compressed_size", where));
  return metadata;
}

Result<std::string> marked_metadata(std::string_view text, bool permanent, const std::string& where) {
  PGC_TRY(Json json, parsed(text, where));
  if (const Json* mark = find(json, "is_permanent"))
    const_cast<Json&>(*mark) = permanent;  // find() serves readers; the object is ours
  else
    json["is_permanent"] = permanent;
  return printed(json);
}

std::optional<Instant> parse_time(std::string_view text) {
  std::array<int, 6> part{};
  constexpr std::array<std::size_t, 6> kAt = {0, 5, 8, 11, 14, 17};
  constexpr std::array<std::size_t, 6> kLength = {4, 2, 2, 2, 2, 2};
  if (text.size() < 20) return std::nullopt;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const char* begin = text.data() + kAt[i];
    const auto [end, problem] = std::from_chars(begin, begin + kLength[i], part[i]);
    if (problem != std::errc() || end != begin + kLength[i]) return std::nullopt;
  }
  std::string_view rest = text.substr(19);
  int milliseconds = 0;
  if (rest.starts_with('.')) {
    std::size_t digits = 0;
    for (rest.remove_prefix(1); !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1))
      if (++digits <= 3) milliseconds = milliseconds * 10 + (rest[0] - '0');
    for (; digits < 3; ++digits) milliseconds *= 10;
  }
  std::chrono::minutes offset{0};
  if (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':') {
    int hours = 0;
    int minutes = 0;
    std::from_chars(rest.data() + 1, rest.data() + 3, hours);
    std::from_chars(rest.data() + 4, rest.data() + 6, minutes);
    offset = (rest[0] == '+' ? 1 : -1) * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
  } else if (rest != "Z" && rest != "z") {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(part[0]), std::chrono::month(static_cast<unsigned>(part[1])),
                                         std::chrono::day(static_cast<unsigned>(part[2]))};
  if (!date.ok()) return std::nullopt;
  return Instant(std::chrono::sys_days(date)) + std::chrono::hours(part[3]) + std::chrono::minutes(part[4]) +
         std::chrono::seconds(part[5]) + std::chrono::milliseconds(milliseconds) - offset;
}

std::string print_manifest(const Manifest& manifest) {
  Json json;
  json["version"] = manifest.version;
  json["backup"] = manifest.backup;
  json["program"] = manifest.program;
  json["system_identifier"] = manifest.system_identifier;
  json["pg_version"] = manifest.pg_version;
  json["segment_size"] = manifest.segment_size;
  json["block_size"] = manifest.block_size;
  json["page_checksums"] = manifest.page_checksums;
  json["corrupt_pages"] = manifest.corrupt_pages;
  json["encrypted"] = manifest.encrypted;
  json["compression"] = manifest.compression;
  json["timeline"] = manifest.timeline;
  json["start_lsn"] = manifest.start_lsn;
  json["finish_lsn"] = manifest.finish_lsn;
  json["files"] = manifest.files;
  json["files_sha256"] = manifest.files_sha256;
  json["objects"] = Json::array();
  for (const auto& object : manifest.objects)
    json["objects"].push_back({{"key", object.key}, {"size", object.size}, {"sha256", object.sha256}});
  return printed(json);
}

Result<Manifest> parse_manifest(std::string_view text, const std::string& where) {
  PGC_TRY(const Json json, parsed(text, where));
  Manifest manifest;
  PGC_TRY(manifest.version, number_at<int>(json, "version", where));
  if (manifest.version != kManifestVersion)
    return fail(ErrorCode::Unsupported, fmt::format("a manifest of version {}", manifest.version),
                "It was written by another release of pgcontract: use that one.", where);
  PGC_TRY(manifest.backup, text_at(json, "backup", where));
  PGC_TRY(manifest.program, text_at(json, "program", where));
  PGC_TRY(manifest.system_identifier, number_at<std::uint64_t>(json, "system_identifier", where));
  PGC_TRY(manifest.pg_version, number_at<int>(json, "pg_version", where));
  PGC_TRY(manifest.segment_size, number_at<std::uint64_t>(json, "segment_size", where));
  PGC_TRY(manifest.block_size, number_at<std::uint64_t>(json, "block_size", where));
  PGC_TRY(manifest.page_checksums, flag_at(json, "page_checksums", where));
  PGC_TRY(manifest.corrupt_pages, number_at<std::uint64_t>(json, "corrupt_pages", where));
  PGC_TRY(manifest.encrypted, flag_at(json, "encrypted", where));
  PGC_TRY(manifest.compression, text_at(json, "compression", where));
  PGC_TRY(manifest.timeline, number_at<std::uint32_t>(json, "timeline", where));
  PGC_TRY(manifest.start_lsn, number_at<Lsn>(json, "start_lsn", where));
  PGC_TRY(manifest.finish_lsn, number_at<Lsn>(json, "finish_lsn", where));
  PGC_TRY(manifest.files, number_at<std::uint64_t>(json, "files", where));
  PGC_TRY(manifest.files_sha256, text_at(json, "files_sha256", where));
  const Json* objects = find(json, "objects");
  if (!objects || !objects->is_array()) return malformed("no list of objects", where);
  for (const auto& entry : *objects) {
    if (!entry.is_object()) return malformed("an object of the list is none", where);
    ManifestObject object;
    PGC_TRY(object.key, text_at(entry, "key", where));
    PGC_TRY(object.size, number_at<std::uint64_t>(entry, "size", where));
    PGC_TRY(object.sha256, text_at(entry, "sha256", where));
    manifest.objects.push_back(std::move(object));
  }
  const std::uint64_t segment = manifest.segment_size;
  if (!is_backup_name(manifest.backup) || segment < (1U << 20) || (segment & (segment - 1)) != 0 ||
      manifest.start_lsn == 0 || manifest.finish_lsn < manifest.start_lsn || manifest.objects.empty())
    return malformed("what it says of the backup is impossible", where);
  return manifest;
}

std::string print_manifest_file(const ManifestFile& file) {
  Json json;
  // JSON holds UTF-8 and file systems hold bytes: a name that is none goes as hexadecimal digits.
  const bool text = is_utf8(file.name);
  json[text ? "name" : "name_hex"] = text ? file.name : store::hex(file.name);
  json["kind"] = std::string(1, file.kind);
  json["mode"] = file.mode;
  if (file.kind == 'f') {
    json["size"] = file.size;
    json["sha256"] = file.sha256;
  }
  json["mtime"] = file.mtime;
  json["part"] = file.part;
  return printed(json) + "\n";
}

Result<ManifestFile> parse_manifest_file(std::string_view line, const std::string& where) {
  PGC_TRY(const Json json, parsed(line, where));
  ManifestFile file;
  PGC_TRY(file.name, text_at(json, "name", where));
  if (find(json, "name_hex")) {
    PGC_TRY(const std::string digits, text_at(json, "name_hex", where));
    file.name = from_hex(digits);
  }
  PGC_TRY(const std::string kind, text_at(json, "kind", where));
  PGC_TRY(file.mode, number_at<unsigned>(json, "mode", where));
  PGC_TRY(file.size, number_at<std::uint64_t>(json, "size", where));
  PGC_TRY(file.sha256, text_at(json, "sha256", where));
  PGC_TRY(file.mtime, text_at(json, "mtime", where));
  PGC_TRY(file.part, text_at(json, "part", where));
  if (file.name.empty() || (kind != "f" && kind != "d") || file.part.empty())
    return malformed("a line of the list of files is incomplete", where);
  file.kind = kind[0];
  return file;
}

}  // namespace pgcontract::walg
