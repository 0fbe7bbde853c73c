#include "restore/tally.hpp"

#include <fmt/format.h>

#include <charconv>

namespace pgcontract::restore {

void Tally::add_text(const std::string& part, const std::string& text) {
  Sum& sum = parts_[part];
  ++sum.members;
  const std::string hash = sha256(text);
  for (std::size_t i = 0; i < sum.hashes.size() && hash.size() == 64; ++i) {
    std::uint64_t word = 0;
    std::from_chars(hash.data() + 16 * i, hash.data() + 16 * (i + 1), word, 16);
    sum.hashes[i] += word;
  }
}

void Tally::add(const std::string& part, const Written& member) {
  const std::uint64_t size = member.kind == 'd' ? 0 : member.size;
  add_text(part, fmt::format("{}\n{}\n{}\n{}", member.kind, size, member.sha256, member.name));
}

void Tally::add_name(const std::string& part, const std::string& name) { add_text(part, name); }

}  // namespace pgcontract::restore
