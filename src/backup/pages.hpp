#pragma once
// PostgreSQL's own checksum of a page of a relation (docs §73.6; storage/checksum_impl.h): computed while a backup
// reads the page anyway, so that a bad disk is found on the night it goes bad. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/backup.hpp"

namespace pgcontract::backup {

inline constexpr std::size_t kPage = 8192;
inline constexpr std::uint32_t kPagesOfSegment = 131'072;  // of a relation's file of 1 GB

// `page`: 8192 bytes, `block`: its number within the relation's fork.
std::uint16_t page_checksum(std::string_view page, std::uint32_t block);

enum class PageState {
  Good,
  New,       // all of it is still to be written
  Younger,   // written since `start`: replay writes it again, torn or not
  Mismatch,  // the checksum is not that of the bytes
};
PageState look_at_page(std::string_view page, std::uint32_t block, Lsn start);

// The first block in a relation's file: of "16390.2" it is 262144. Nothing where the name is no relation's.
std::optional<std::uint32_t> first_block(std::string_view file_name);

}  // namespace pgcontract::backup
