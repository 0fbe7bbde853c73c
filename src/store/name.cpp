#include "store/name.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/instant.hpp"
#include "base/uuid.hpp"

namespace pgcontract::store {
namespace {

constexpr std::size_t kLongestName = 900;    // S3 allows 1024 bytes with the prefix
constexpr std::size_t kLongestPart = 220;    // a file's name has 255, a temporary one 30 more than its final one
constexpr std::string_view kMark = ".tmp.";  // then 20261123T091500Z-1a2b3c4d
constexpr std::size_t kStampLength = 16;
constexpr std::size_t kRandomLength = 8;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t slash = std::min(name.find('/', at), name.size());
    parts.emplace_back(name.substr(at, slash - at));
    at = slash + 1;
  }
  return parts;
}

std::string shown_name(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, kLongestName))
    text += is_control(c) ? fmt::format("\\x{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
  return name.size() > kLongestName ? text + "…" : text;
}

Result<void> check_name(std::string_view name) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::InvalidInput,
                fmt::format("\"{}\" cannot be the name of an object: {}", shown_name(name), why),
                "Names are words joined by /, such as wal_005/000000010000000000000001.lz4.");
  };
  if (name.empty()) return refuse("it is empty");
  if (name.size() > kLongestName) return refuse(fmt::format("it is longer than {} bytes", kLongestName));
  if (std::any_of(name.begin(), name.end(), is_control)) return refuse("it has a control character");
  for (const auto& part : parts_of(name)) {
    if (part.empty()) return refuse("a part between two / is empty");
    if (part == "." || part == "..") return refuse("it would leave its folder");
    if (part.size() > kLongestPart) return refuse(fmt::format("a part is longer than {} bytes", kLongestPart));
    if (is_temporary(part)) return refuse("it looks like an object that is half written");
  }
  return {};
}

std::string temporary_name(std::string_view leaf) {
  std::string stamp = format_instant(now());  // 2026-11-23T09:15:00.120Z
  stamp.resize(stamp.find('.'));
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("{}{}{}Z-{}", leaf, kMark, stamp, Uuid::random().hex().substr(0, kRandomLength));
}

bool is_temporary(std::string_view leaf) {
  constexpr std::size_t kTail = kMark.size() + kStampLength + 1 + kRandomLength;
  if (leaf.size() <= kTail) return false;
  const std::string_view tail = leaf.substr(leaf.size() - kTail);
  const std::string_view random = tail.substr(tail.size() - kRandomLength);
  return tail.starts_with(kMark) && tail[kMark.size() + kStampLength] == '-' &&
         tail[kMark.size() + kStampLength - 1] == 'Z' && std::all_of(random.begin(), random.end(), is_hex);
}

}  // namespace pgcontract::store
