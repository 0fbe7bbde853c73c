#include "backup/pages.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "backup/relation_name.hpp"

namespace pgcontract::backup {
namespace {

// FNV-1a over 32 columns of words at once, each with an offset of its own, as the server has it.
constexpr std::size_t kColumns = 32;
constexpr std::uint32_t kPrime = 16'777'619;
constexpr std::array<std::uint32_t, kColumns> kOffsets = {
    0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3, 0x217E7CD2, 0x83E13D2C,
    0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB,
    0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4,
    0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756};

// Of a page's header (storage/bufpage.h): pd_lsn, pd_checksum, pd_flags, pd_lower, pd_upper.
constexpr std::size_t kChecksumAt = 8;
constexpr std::size_t kUpperAt = 14;

template <typename Number>
Number number_at(std::string_view page, std::size_t at) {
  Number number;
  std::memcpy(&number, page.data() + at, sizeof number);
  return number;
}

using Words = std::array<std::uint32_t, kColumns>;

// The loop that takes the time: the compiler makes a version for each kind of processor.
__attribute__((target_clones("avx2", "default"), optimize("O3"))) std::uint32_t hash_of(const char* page) {
  Words sums = kOffsets;
  Words row;
  for (std::size_t at = 0; at < kPage; at += sizeof row) {
    std::memcpy(&row, page + at, sizeof row);
    if (at == 0) row[2] &= 0xFFFF0000U;  // the checksum itself counts as zero
    for (std::size_t i = 0; i < kColumns; ++i) {
      const std::uint32_t mixed = sums[i] ^ row[i];
      sums[i] = mixed * kPrime ^ mixed >> 17;
    }
  }
  for (int round = 0; round < 2; ++round)
    for (std::size_t i = 0; i < kColumns; ++i) sums[i] = sums[i] * kPrime ^ sums[i] >> 17;
  std::uint32_t all = 0;
  for (const std::uint32_t sum : sums) all ^= sum;
  return all;
}

}  // namespace

std::uint16_t page_checksum(std::string_view page, std::uint32_t block) {
  return static_cast<std::uint16_t>((hash_of(page.data()) ^ block) % 65'535 + 1);
}

PageState look_at_page(std::string_view page, std::uint32_t block, Lsn start) {
  if (number_at<std::uint16_t>(page, kUpperAt) == 0) return PageState::New;
  const Lsn lsn = Lsn{number_at<std::uint32_t>(page, 0)} << 32 | number_at<std::uint32_t>(page, 4);
  if (lsn >= start) return PageState::Younger;
  return number_at<std::uint16_t>(page, kChecksumAt) == page_checksum(page, block) ? PageState::Good
                                                                                   : PageState::Mismatch;
}

std::optional<std::uint32_t> first_block(std::string_view file_name) {
  const auto name = relation_name(file_name);
  if (!name || name->temporary) return std::nullopt;
  return name->segment * kPagesOfSegment;
}

}  // namespace pgcontract::backup
