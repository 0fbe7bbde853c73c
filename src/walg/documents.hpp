#pragma once
// The three JSON objects that wal-g keeps of a base backup, and ours beside them. wal-g's are written with its exact
// spelling and read as leniently as wal-g reads (unknown keys, any case), but what a restore needs must be there. LSNs
// are integers of 64 bits. Files' lists may be larger than memory: they are streamed. Source: the format described in
// doc/store-layout.md. Pure but for the streams; any thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "model/backup.hpp"
#include "store/store.hpp"

namespace pgcontract::walg {

struct Tablespace {
  std::string oid;       // "16385"
  std::string location;  // "/mnt/ts1"
};

struct Sentinel {  // <NAME>_backup_stop_sentinel.json: its presence says that the backup ended
  Lsn lsn = 0;
  Lsn finish_lsn = 0;
  int pg_version = 0;
  std::uint64_t system_identifier = 0;
  std::uint64_t uncompressed_size = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t data_catalog_size = 0;
  std::string base_prefix;  // of the tablespaces' spec
  std::vector<Tablespace> tablespaces;
  bool files_metadata_disabled = false;
  // Deltas, which wal-g makes and we read.
  std::string delta_from, delta_full_name;
  Lsn delta_lsn = 0;
  int delta_count = 0;
  std::string start_time, finish_time;  // RFC 3339, UTC
  std::string hostname, data_dir;
  bool is_permanent = false;
};
std::string print_sentinel(const Sentinel& sentinel);
Result<Sentinel> parse_sentinel(std::string_view text, const std::string& where);

// metadata.json: `is_permanent` of this one is what counts.
std::string print_metadata(const Sentinel& sentinel, bool permanent);
struct Metadata {
  bool is_permanent = false;
  std::string start_time, finish_time, hostname, data_dir;
  int pg_version = 0;
  Lsn start_lsn = 0, finish_lsn = 0;
  std::uint64_t system_identifier = 0, uncompressed_size = 0, compressed_size = 0;
};
Result<Metadata> parse_metadata(std::string_view text, const std::string& where);
// The text with is_permanent set otherwise, and nothing else changed.
Result<std::string> marked_metadata(std::string_view text, bool permanent, const std::string& where);

struct FileEntry {   // of files_metadata.json
  std::string name;  // as in the tar: "/base/1/1259"
  bool incremented = false;
  bool skipped = false;
  std::string mtime;  // RFC 3339 with nanoseconds
};
struct FilesVisitor {
  std::function<Result<void>(const FileEntry& file)> file;
  std::function<Result<void>(std::string_view part, std::string_view member)> member;  // of TarFileSets
};
// How it stands in files_metadata.json: "name":{…}.
std::string print_file_entry(const FileEntry& file);
std::string print_text(std::string_view text);  // as JSON, in quotes
// Reads files_metadata.json from the store without holding it. NotFound where there is none.
Result<void> read_files_metadata(store::Store& store, std::string_view backup, const FilesVisitor& visitor);

// A moment in any of these documents: RFC 3339 with any fraction and offset; nothing where it is none.
std::optional<Instant> parse_time(std::string_view text);

// Our manifest: every object of the backup, and where the list of files is.
struct ManifestObject {
  std::string key;  // below basebackups_005/NAME/
  std::uint64_t size = 0;
  std::string sha256;
};
struct Manifest {
  int version = 1;
  std::string backup;
  std::string program;  // "pgcontract 0.1.0"
  std::uint64_t system_identifier = 0;
  int pg_version = 0;
  std::uint64_t segment_size = 0;
  std::uint64_t block_size = 8192;
  bool page_checksums = false;  // the cluster has them, and they were verified
  bool encrypted = false;
  std::string compression;  // "zstd"
  std::uint32_t timeline = 0;
  Lsn start_lsn = 0, finish_lsn = 0;
  std::uint64_t files = 0;   // in the list
  std::string files_sha256;  // of the list's object
  std::uint64_t corrupt_pages = 0;
  // All but the manifest itself, the sentinel, and metadata.json, which a mark rewrites.
  std::vector<ManifestObject> objects;
};
std::string print_manifest(const Manifest& manifest);
Result<Manifest> parse_manifest(std::string_view text, const std::string& where);

// pgcontract_problem.json: what was found wrong with a backup, and when.
std::string print_problem(std::string_view backup, std::string_view problem, Instant at);
std::string problem_of(std::string_view text);  // never empty

// One line of pgcontract_files.jsonl.zst (sealed with the key, where there is one). Each part's lines stand together,
// in the order of its members.
struct ManifestFile {
  std::string name;  // "base/1/1259", relative to the data directory, which is "."; tablespaces below pg_tblspc/<oid>/
  char kind = 'f';   // f file, d directory
  unsigned mode = 0;
  std::uint64_t size = 0;
  std::string sha256;  // of its bytes in the tar; empty of a directory
  std::string mtime;   // RFC 3339 with nanoseconds, taken before it was read
  std::string part;    // "part_001.tar.zst"
};
std::string print_manifest_file(const ManifestFile& file);  // with its newline
Result<ManifestFile> parse_manifest_file(std::string_view line, const std::string& where);

}  // namespace pgcontract::walg
