#include "base/uuid.hpp"

#include <fmt/format.h>
#include <sys/random.h>

namespace pgcontract {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<Uuid> Uuid::parse(std::string_view text) {
  const auto malformed = [&] {
    return fail(ErrorCode::InvalidInput, fmt::format("\"{}\" is not a uuid", text.substr(0, 60)),
                "Give 32 hexadecimal digits, with or without hyphens, such as 4f7c2a30-9f0e-4d1b-8c55-0d9a3b6f1e21.");
  };
  std::string_view digits = text;
  if (digits.size() >= 2 && digits.front() == '{' && digits.back() == '}') digits = digits.substr(1, digits.size() - 2);
  Uuid id;
  std::size_t count = 0;
  bool hyphen_allowed = false;
  for (char c : digits) {
    if (c == '-') {
      if (!hyphen_allowed) return malformed();
      hyphen_allowed = false;
      continue;
    }
    const int value = digit_value(c);
    if (value < 0 || count == 32) return malformed();
    auto& byte = id.bytes_[count / 2];
    byte = static_cast<std::uint8_t>(count % 2 == 0 ? value << 4 : byte | value);
    ++count;
    hyphen_allowed = count % 4 == 0 && count < 32;
  }
  if (count != 32) return malformed();
  return id;
}

Uuid Uuid::random() {
  Uuid id;
  // 16 bytes are always delivered in one piece once the pool is up (getrandom(2)).
  while (getrandom(id.bytes_.data(), id.bytes_.size(), 0) != static_cast<ssize_t>(id.bytes_.size())) {
  }
  id.bytes_[6] = static_cast<std::uint8_t>((id.bytes_[6] & 0x0f) | 0x40);
  id.bytes_[8] = static_cast<std::uint8_t>((id.bytes_[8] & 0x3f) | 0x80);
  return id;
}

std::string Uuid::hex() const {
  std::string text;
  for (auto byte : bytes_) text += fmt::format("{:02x}", byte);
  return text;
}

std::string Uuid::canonical() const {
  const std::string h = hex();
  return h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) + "-" + h.substr(20);
}

}  // namespace pgcontract
