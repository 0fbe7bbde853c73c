#pragma once
// Names in a bucket of wal-g's layout, and in PostgreSQL's archive of WAL (docs §26.3, §30.6): segments, histories,
// backups and the keys of objects. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/backup.hpp"

namespace pgcontract::walg {

inline constexpr std::string_view kBackups = "basebackups_005/";
inline constexpr std::string_view kWal = "wal_005/";
inline constexpr std::string_view kSentinel = "_backup_stop_sentinel.json";
inline constexpr std::uint64_t kDefaultSegmentSize = std::uint64_t{16} << 20;

// "0/3000028" and back; nothing where the text is no LSN.
std::string lsn_text(Lsn lsn);
std::optional<Lsn> parse_lsn(std::string_view text);

struct Segment {
  std::uint32_t timeline = 0;
  std::uint64_t number = 0;  // LSN / segment size
  auto operator<=>(const Segment&) const = default;
};
// 24 hexadecimal digits, upper case.
std::string segment_name(Segment segment, std::uint64_t segment_size);
std::optional<Segment> parse_segment(std::string_view name, std::uint64_t segment_size);
inline Segment segment_of(std::uint32_t timeline, Lsn lsn, std::uint64_t segment_size) {
  return {timeline, lsn / segment_size};
}

// What archive_command is given.
enum class WalFileKind { Segment, Partial, History, BackupLabel, Other };
WalFileKind wal_file_kind(std::string_view file_name);
std::string history_name(std::uint32_t timeline);  // "00000002.history"

// base_<segment>, and keys of what belongs to it.
std::string backup_name(std::string_view segment);
bool is_backup_name(std::string_view name);
// The timeline in a backup's name.
std::uint32_t timeline_of(std::string_view backup);
std::string sentinel_key(std::string_view backup);
std::string metadata_key(std::string_view backup);
std::string files_metadata_key(std::string_view backup);
std::string parts_prefix(std::string_view backup);  // "basebackups_005/NAME/tar_partitions/"
// Ours, beside wal-g's: it ignores them and deletes them together with the backup.
std::string manifest_key(std::string_view backup);                  // pgcontract_manifest.json
std::string manifest_files_key(std::string_view backup);            // pgcontract_files.jsonl.zst
std::string state_key(std::string_view backup, BackupState state);  // pgcontract_complete.json
std::string started_key(std::string_view backup);  // pgcontract_started.json: who made it his own, and when
std::string problem_key(std::string_view backup);  // pgcontract_problem.json: what `backup verify` has found
// The backup that a sentinel's key names.
std::optional<std::string> backup_of_sentinel(std::string_view key);

}  // namespace pgcontract::walg
