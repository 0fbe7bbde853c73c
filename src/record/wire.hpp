#pragma once
// The messages of PostgreSQL's protocol, version 3 (docs §55.7), as far as somebody in the middle must read them: bytes
// cut into messages, and the few messages that the one in the middle writes itself. Pure; a MessageBuffer belongs to
// one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace pgcontract::record {

struct Message {
  char type = 0;          // 0: a startup packet, which has none
  std::string_view body;  // without type and length
  std::string_view whole;
};

// Bytes of one direction in, whole messages out.
class MessageBuffer {
 public:
  void add(std::string_view bytes) { bytes_.append(bytes); }
  // The next whole message; views are valid until the next call. Io for a length that no message has.
  Result<std::optional<Message>> next(bool startup = false);

 private:
  std::string bytes_;
  std::size_t at_ = 0;  // begin of what has not been given out
};

// Reads a message's fields in order. Past its end every field is empty and ok() false.
class Fields {
 public:
  explicit Fields(std::string_view body) : rest_(body) {}
  std::int32_t int32();
  std::int16_t int16();
  std::string_view text();  // up to its null byte
  std::string_view bytes(std::size_t count);
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::string message(char type, std::string_view body);
std::string int32_bytes(std::int32_t value);

// What a startup packet asks for.
struct Startup {
  enum class Kind { Session, Encryption, Cancel, Unknown };
  Kind kind = Kind::Unknown;
  std::vector<std::pair<std::string, std::string>> parameters;  // Session: user, database, options, …
  std::int32_t pid = 0;                                         // Cancel
  std::int32_t key = 0;
  std::int32_t minor = 0;  // of the protocol that was asked for
  std::string_view get(std::string_view name) const;
};
Startup parse_startup(std::string_view body);

// AuthenticationOk, ParameterStatus, BackendKeyData and ReadyForQuery.
std::string session_opened(const std::vector<std::pair<std::string, std::string>>& parameters, std::int32_t pid,
                           std::int32_t key);
std::string error_response(std::string_view sqlstate, std::string_view text);

}  // namespace pgcontract::record
