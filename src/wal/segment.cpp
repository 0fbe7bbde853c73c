#include "wal/segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace pgcontract::wal {
namespace {

constexpr std::uint16_t kLongHeaderFlag = 0x0002;  // XLP_LONG_HEADER
constexpr std::uint64_t kSmallestSegment = std::uint64_t{1} << 20, kLargestSegment = std::uint64_t{1} << 30;

// XLogLongPageHeaderData as every supported machine lays it out; a server of the other byte order gives another magic.
template <typename Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  Number number;
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

Failure wrong(std::string message, const std::string& where) {
  return fail(ErrorCode::InvalidInput, std::move(message), {}, where);
}

}  // namespace

std::optional<int> major_of_magic(std::uint16_t magic) {
  switch (magic) {
    case 0xD10D: return 14;
    case 0xD110: return 15;
    case 0xD113: return 16;
    case 0xD116: return 17;
    case 0xD118: return 18;
    default: return std::nullopt;
  }
}

Result<SegmentFacts> read_segment_facts(std::string_view beginning, const std::string& where) {
  if (beginning.size() < kLongHeader)
    return wrong(fmt::format("the file has {} bytes: too few for a WAL segment", beginning.size()), where);
  const auto magic = number_at<std::uint16_t>(beginning, 0);
  const auto major = major_of_magic(magic);
  if (!major && std::ranges::all_of(beginning.substr(0, kLongHeader), [](char c) { return c == '\0'; }))
    return wrong("the segment begins with zeros: nothing was written to it", where);
  if (!major) return wrong(fmt::format("the segment begins with {:04X}: no WAL of PostgreSQL 14 to 18", magic), where);
  if ((number_at<std::uint16_t>(beginning, 2) & kLongHeaderFlag) == 0)
    return wrong("the first page has no long header: this is not the beginning of a segment", where);
  SegmentFacts facts;
  facts.server_major = *major;
  facts.timeline = number_at<std::uint32_t>(beginning, 4);
  facts.address = number_at<std::uint64_t>(beginning, 8);
  facts.system_identifier = number_at<std::uint64_t>(beginning, 24);
  facts.segment_size = number_at<std::uint32_t>(beginning, 32);
  facts.page_size = number_at<std::uint32_t>(beginning, 36);
  if (!std::has_single_bit(facts.segment_size) || facts.segment_size < kSmallestSegment ||
      facts.segment_size > kLargestSegment)
    return wrong(
        fmt::format("the first page says that segments have {} bytes, which no server writes", facts.segment_size),
        where);
  return facts;
}

Result<void> check_segment(const SegmentFacts& facts, std::string_view file_name, std::uint64_t file_size,
                           std::optional<std::uint64_t> system_identifier) {
  const std::string where(file_name);
  const auto kind = walg::wal_file_kind(file_name);
  if (kind != walg::WalFileKind::Segment && kind != walg::WalFileKind::Partial)
    return wrong("this is not a WAL segment's name", where);
  if (file_size != facts.segment_size)
    return wrong(fmt::format("the file has {} bytes, but the cluster's segments have {}: it is cut off or overlong",
                             file_size, facts.segment_size),
                 where);
  const auto segment = walg::parse_segment(file_name.substr(0, 24), facts.segment_size);
  if (!segment) return wrong(fmt::format("no segment of {} bytes has this name", facts.segment_size), where);
  if (facts.address != segment->number * facts.segment_size)
    return wrong(fmt::format("the segment's content is that of LSN {}, its name says {}: the file was recycled or "
                             "mixed up",
                             walg::lsn_text(facts.address), walg::lsn_text(segment->number * facts.segment_size)),
                 where);
  if (facts.timeline == 0 || facts.timeline > segment->timeline)
    return wrong(
        fmt::format("the segment's content is of timeline {}, its name says {}", facts.timeline, segment->timeline),
        where);
  if (system_identifier && facts.system_identifier != *system_identifier)
    return fail(ErrorCode::Conflict,
                fmt::format("the segment is of the cluster with system identifier {}, expected was {}",
                            facts.system_identifier, *system_identifier),
                "Two clusters must not share one archive: give each a prefix of its own.", where);
  return {};
}

}  // namespace pgcontract::wal
