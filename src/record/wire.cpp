#include "record/wire.hpp"

#include <fmt/format.h>

namespace pgcontract::record {
namespace {

constexpr std::size_t kLongest = 1U << 30U;  // the server's own limit
constexpr std::int32_t kSslRequest = 80877103, kGssRequest = 80877104, kCancelRequest = 80877102;
constexpr std::int32_t kProtocol = 3;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

Result<std::optional<Message>> MessageBuffer::next(bool startup) {
  // What was given out is dropped now and then, not each time: a large result comes in thousands of messages.
  if (at_ == bytes_.size() || at_ > 1U << 20U) {
    bytes_.erase(0, at_);
    at_ = 0;
  }
  const std::size_t head = startup ? 4 : 5;
  const auto rest = std::string_view(bytes_).substr(at_);
  if (rest.size() < head) return std::nullopt;
  const std::size_t length = number_at(rest, head - 4);
  if (length < 4 || length > kLongest)
    return fail(ErrorCode::Io, fmt::format("a protocol message of {} bytes", length),
                "Alembic's driver speaks something else than PostgreSQL's protocol 3.");
  const std::size_t size = head - 4 + length;
  if (rest.size() < size) return std::nullopt;
  at_ += size;
  return Message{startup ? '\0' : rest[0], rest.substr(head, size - head), rest.substr(0, size)};
}

std::string_view Fields::bytes(std::size_t count) {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    return {};
  }
  const auto out = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return out;
}
std::int32_t Fields::int32() {
  const auto four = bytes(4);
  return ok_ ? static_cast<std::int32_t>(number_at(four, 0)) : 0;
}
std::int16_t Fields::int16() {
  const auto two = bytes(2);
  if (!ok_) return 0;
  return static_cast<std::int16_t>(static_cast<unsigned char>(two[0]) << 8U | static_cast<unsigned char>(two[1]));
}
std::string_view Fields::text() {
  const auto end = rest_.find('\0');
  if (!ok_ || end == std::string_view::npos) {
    ok_ = false;
    return {};
  }
  const auto out = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return out;
}

std::string int32_bytes(std::int32_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(bits >> static_cast<unsigned>(shift) & 0xFFU);
  return out;
}

std::string message(char type, std::string_view body) {
  return type + int32_bytes(static_cast<std::int32_t>(body.size() + 4)) + std::string(body);
}

std::string_view Startup::get(std::string_view name) const {
  for (const auto& [key_, value] : parameters)
    if (key_ == name) return value;
  return {};
}

Startup parse_startup(std::string_view body) {
  Startup out;
  Fields fields(body);
  const auto code = fields.int32();
  if (code == kSslRequest || code == kGssRequest) {
    out.kind = Startup::Kind::Encryption;
  } else if (code == kCancelRequest) {
    out.kind = Startup::Kind::Cancel;
    out.pid = fields.int32();
    out.key = fields.int32();
  } else if (code >> 16 == kProtocol) {
    out.kind = Startup::Kind::Session;
    out.minor = code & 0xFFFF;
    for (auto name = fields.text(); fields.ok() && !name.empty(); name = fields.text()) {
      const auto value = fields.text();
      out.parameters.emplace_back(name, value);
    }
  }
  return out;
}

std::string session_opened(const std::vector<std::pair<std::string, std::string>>& parameters, std::int32_t pid,
                           std::int32_t key) {
  std::string out = message('R', int32_bytes(0));
  for (const auto& [name, value] : parameters) {
    std::string body = name;
    body += '\0';
    body += value;
    body += '\0';
    out += message('S', body);
  }
  return out + message('K', int32_bytes(pid) + int32_bytes(key)) + message('Z', "I");
}

std::string error_response(std::string_view sqlstate, std::string_view text) {
  std::string body;
  const auto field = [&](char code, std::string_view value) {
    body += code;
    body += value;
    body += '\0';
  };
  field('S', "FATAL");
  field('V', "FATAL");
  field('C', sqlstate);
  field('M', text);
  body += '\0';
  return message('E', body);
}

}  // namespace pgcontract::record
