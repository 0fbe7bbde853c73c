#pragma once
// Is this file what its name says: the first page of a WAL segment, read (docs §30.6; access/xlog_internal.h). What a
// file's name promises is checked before it goes to an archive and again before a server replays it: a segment that was
// recycled meanwhile, cut off, or of another cluster is found here. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "walg/names.hpp"

namespace pgcontract::wal {

inline constexpr std::size_t kLongHeader = 40;  // bytes of a segment's beginning that read_segment_facts() needs

struct SegmentFacts {
  int server_major = 0;  // 15, from the magic number
  std::uint32_t timeline = 0;
  Lsn address = 0;  // of the first page
  std::uint64_t system_identifier = 0;
  std::uint64_t segment_size = 0;  // as the page itself says
  std::uint32_t page_size = 0;
};

// `beginning`: the first bytes of the file, kLongHeader at least. `where` names the file in errors. An Error of
// InvalidInput says what is wrong with the page: zeros, another magic number, no long header.
Result<SegmentFacts> read_segment_facts(std::string_view beginning, const std::string& where);

// The facts agree with the file's name (a segment or a .partial one), its size, and the cluster it must be of (nothing:
// any). The first page may be of an older timeline than the name: what stands before the switch is copied.
Result<void> check_segment(const SegmentFacts& facts, std::string_view file_name, std::uint64_t file_size,
                           std::optional<std::uint64_t> system_identifier);

// What a page's magic number says; nothing for those of no server from 14 to 18.
std::optional<int> major_of_magic(std::uint16_t magic);

}  // namespace pgcontract::wal
