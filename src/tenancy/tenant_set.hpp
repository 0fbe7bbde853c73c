#pragma once
// A set of tenants by their index, one bit each: all pairs of 10,000 tenants are 12 MB. Value; any thread.

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

namespace pgcontract::tenancy {

class TenantSet {
 public:
  explicit TenantSet(std::size_t size = 0) : size_(size), words_((size + 63) / 64) {}
  static TenantSet all(std::size_t size) {
    TenantSet set(size);
    for (std::size_t i = 0; i < size; ++i) set.add(i);
    return set;
  }

  void add(std::size_t tenant) { words_[tenant / 64] |= std::uint64_t{1} << (tenant % 64); }
  void remove(std::size_t tenant) { words_[tenant / 64] &= ~(std::uint64_t{1} << (tenant % 64)); }
  void add(const TenantSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  bool has(std::size_t tenant) const { return (words_[tenant / 64] >> (tenant % 64)) & 1; }
  bool empty() const { return count() == 0; }
  std::int64_t count() const {
    std::int64_t n = 0;
    for (const auto word : words_) n += std::popcount(word);
    return n;
  }
  std::int64_t common(const TenantSet& other) const {
    std::int64_t n = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) n += std::popcount(words_[i] & other.words_[i]);
    return n;
  }
  // The first that is not `but`.
  std::optional<std::size_t> first_but(std::optional<std::size_t> but) const {
    for (std::size_t i = 0; i < size_; ++i)
      if (has(i) && i != but) return i;
    return std::nullopt;
  }

 private:
  std::size_t size_;
  std::vector<std::uint64_t> words_;
};

}  // namespace pgcontract::tenancy
