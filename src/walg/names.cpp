#include "walg/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pgcontract::walg {
namespace {

bool is_upper_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); });
}

std::optional<std::uint64_t> hex_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (problem != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

constexpr std::size_t kSegmentDigits = 24;

bool is_segment_name(std::string_view name) { return name.size() == kSegmentDigits && is_upper_hex(name); }

std::string below(std::string_view backup, std::string_view leaf) {
  return fmt::format("{}{}/{}", kBackups, backup, leaf);
}

}  // namespace

std::string lsn_text(Lsn lsn) { return fmt::format("{:X}/{:X}", lsn >> 32, lsn & 0xFFFFFFFFU); }

std::optional<Lsn> parse_lsn(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash > 8 || text.size() - slash - 1 > 8) return std::nullopt;
  const auto high = hex_number(text.substr(0, slash));
  const auto low = hex_number(text.substr(slash + 1));
  if (!high || !low) return std::nullopt;
  return *high << 32 | *low;
}

std::string segment_name(Segment segment, std::uint64_t segment_size) {
  const std::uint64_t each = (std::uint64_t{1} << 32) / segment_size;
  return fmt::format("{:08X}{:08X}{:08X}", segment.timeline, segment.number / each, segment.number % each);
}

std::optional<Segment> parse_segment(std::string_view name, std::uint64_t segment_size) {
  if (!is_segment_name(name)) return std::nullopt;
  const std::uint64_t each = (std::uint64_t{1} << 32) / segment_size;
  const std::uint64_t low = *hex_number(name.substr(16));
  if (low >= each) return std::nullopt;
  return Segment{static_cast<std::uint32_t>(*hex_number(name.substr(0, 8))),
                 *hex_number(name.substr(8, 8)) * each + low};
}

WalFileKind wal_file_kind(std::string_view file_name) {
  if (is_segment_name(file_name)) return WalFileKind::Segment;
  if (file_name.size() == 16 && is_upper_hex(file_name.substr(0, 8)) && file_name.ends_with(".history"))
    return WalFileKind::History;
  if (file_name.size() < kSegmentDigits || !is_upper_hex(file_name.substr(0, kSegmentDigits)))
    return WalFileKind::Other;
  const auto rest = file_name.substr(kSegmentDigits);
  if (rest == ".partial") return WalFileKind::Partial;
  if (rest.size() == 16 && rest[0] == '.' && is_upper_hex(rest.substr(1, 8)) && rest.ends_with(".backup"))
    return WalFileKind::BackupLabel;
  return WalFileKind::Other;
}

std::string history_name(std::uint32_t timeline) { return fmt::format("{:08X}.history", timeline); }

std::string backup_name(std::string_view segment) { return fmt::format("base_{}", segment); }

bool is_backup_name(std::string_view name) {
  constexpr std::string_view kBase = "base_";
  constexpr std::string_view kDelta = "_D_";
  if (!name.starts_with(kBase)) return false;
  name.remove_prefix(kBase.size());
  if (name.size() < kSegmentDigits || !is_segment_name(name.substr(0, kSegmentDigits))) return false;
  name.remove_prefix(kSegmentDigits);
  if (name.starts_with(kDelta) && name.size() >= kDelta.size() + kSegmentDigits &&
      is_segment_name(name.substr(kDelta.size(), kSegmentDigits)))
    name.remove_prefix(kDelta.size() + kSegmentDigits);
  return name.empty() || (name.size() == 9 && name[0] == '_' && is_upper_hex(name.substr(1)));
}

std::uint32_t timeline_of(std::string_view backup) {
  return is_backup_name(backup) ? static_cast<std::uint32_t>(*hex_number(backup.substr(5, 8))) : 0;
}

std::string sentinel_key(std::string_view backup) { return fmt::format("{}{}{}", kBackups, backup, kSentinel); }
std::string metadata_key(std::string_view backup) { return below(backup, "metadata.json"); }
std::string files_metadata_key(std::string_view backup) { return below(backup, "files_metadata.json"); }
std::string parts_prefix(std::string_view backup) { return below(backup, "tar_partitions/"); }
std::string manifest_key(std::string_view backup) { return below(backup, "pgcontract_manifest.json"); }
std::string manifest_files_key(std::string_view backup) { return below(backup, "pgcontract_files.jsonl.zst"); }
std::string started_key(std::string_view backup) { return below(backup, "pgcontract_started.json"); }
std::string problem_key(std::string_view backup) { return below(backup, "pgcontract_problem.json"); }
std::string state_key(std::string_view backup, BackupState state) {
  return below(backup, fmt::format("pgcontract_{}.json", to_string(state)));
}

std::optional<std::string> backup_of_sentinel(std::string_view key) {
  if (!key.starts_with(kBackups) || !key.ends_with(kSentinel)) return std::nullopt;
  key.remove_prefix(kBackups.size());
  key.remove_suffix(std::min(key.size(), kSentinel.size()));
  if (!is_backup_name(key)) return std::nullopt;
  return std::string(key);
}

}  // namespace pgcontract::walg
