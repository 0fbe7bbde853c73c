#pragma once
// RFC 9562 UUIDs, the ids of tenants and jobs. A value; its two spellings are canonical lower case (with hyphens) and
// 32 hexadecimal digits, which is what schema and role names carry.

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pgcontract {

class Uuid {
 public:
  Uuid() = default;
  // Accepts what PostgreSQL's uuid input accepts (§8.12): upper case, braces, hyphens after any group of four digits.
  static Result<Uuid> parse(std::string_view text);
  // Version 4, from the operating system's random source.
  static Uuid random();

  std::string canonical() const;  // 4f7c2a30-…, 36 characters
  std::string hex() const;        // 32 digits
  bool is_nil() const { return *this == Uuid{}; }
  auto operator<=>(const Uuid&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace pgcontract
