#include "walg/seal.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <cctype>
#include <cstring>
#include <vector>

namespace pgcontract::walg {
namespace {

constexpr std::size_t kChunk = 8192;  // of plain text; the last chunk holds fewer
constexpr std::size_t kOverhead = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr std::size_t kHeader = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t kKeyBytes = crypto_secretstream_xchacha20poly1305_KEYBYTES;
constexpr std::size_t kShortestKey = 25;  // wal-g's own limit

using StreamState = crypto_secretstream_xchacha20poly1305_state;

unsigned char* bytes_of(char* text) { return reinterpret_cast<unsigned char*>(text); }
const unsigned char* bytes_of(const char* text) { return reinterpret_cast<const unsigned char*>(text); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  return text;
}

Failure not_authentic() {
  return fail(ErrorCode::InvalidInput,
              "an encrypted object cannot be opened: its bytes were changed, or this is not its key",
              "Compare backup.encryption_key with the key that it was written with.");
}

class SealingSource {
 public:
  SealingSource(store::Source plain, std::shared_ptr<const Key> key) : plain_(std::move(plain)), key_(std::move(key)) {
    out_.resize(kHeader);
    crypto_secretstream_xchacha20poly1305_init_push(&state_, bytes_of(out_.data()), bytes_of(key_->bytes().data()));
  }
  SealingSource(const SealingSource&) = delete;
  SealingSource& operator=(const SealingSource&) = delete;
  ~SealingSource() { sodium_memzero(&state_, sizeof state_); }

  Result<std::size_t> read(std::span<char> into) {
    if (at_ == out_.size()) {
      if (ended_) return std::size_t{0};
      PGC_CHECK(next_chunk());
    }
    const std::size_t size = std::min(into.size(), out_.size() - at_);
    std::memcpy(into.data(), out_.data() + at_, size);
    at_ += size;
    return size;
  }

 private:
  Result<void> next_chunk() {
    std::size_t filled = 0;
    while (filled < kChunk) {
      PGC_TRY(const std::size_t got, plain_(std::span(in_).subspan(filled)));
      if (got == 0) break;
      filled += got;
    }
    ended_ = filled < kChunk;
    out_.resize(filled + kOverhead);
    at_ = 0;
    crypto_secretstream_xchacha20poly1305_push(
        &state_, bytes_of(out_.data()), nullptr, bytes_of(in_.data()), filled, nullptr, 0,
        ended_ ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
    return {};
  }

  store::Source plain_;
  std::shared_ptr<const Key> key_;
  StreamState state_{};
  std::array<char, kChunk> in_{};
  std::vector<char> out_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

Result<SecretString> decoded_key(std::string_view text, std::string_view transform) {
  std::string bytes(kKeyBytes, '\0');
  std::size_t size = 0;
  const int failed = transform == "hex" ? sodium_hex2bin(bytes_of(bytes.data()), kKeyBytes, text.data(), text.size(),
                                                         nullptr, &size, nullptr)
                                        : sodium_base642bin(bytes_of(bytes.data()), kKeyBytes, text.data(), text.size(),
                                                            nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (failed != 0 || size != kKeyBytes)
    return fail(ErrorCode::InvalidInput, fmt::format("the encryption key is not {} of 32 bytes", transform),
                "Make one with: openssl rand -hex 32, and say key_transform: hex.");
  return SecretString(std::move(bytes));
}

}  // namespace

Result<std::shared_ptr<const Key>> Key::parse(const SecretString& text, std::string_view transform) {
  if (sodium_init() < 0) return fail(ErrorCode::Bug, "libsodium could not be started");
  const std::string_view given = trimmed(text.reveal());
  if (transform == "hex" || transform == "base64") {
    PGC_TRY(SecretString bytes, decoded_key(given, transform));
    return std::shared_ptr<const Key>(new Key(std::move(bytes)));
  }
  if (given.size() < kShortestKey)
    return fail(ErrorCode::InvalidInput,
                fmt::format("the encryption key has {} bytes and needs {}", given.size(), kKeyBytes),
                "Make one with: openssl rand -hex 32, and say key_transform: hex.");
  std::string bytes(given.substr(0, kKeyBytes));
  bytes.resize(kKeyBytes, '\0');
  return std::shared_ptr<const Key>(new Key(SecretString(std::move(bytes))));
}

Result<store::Source> sealed(store::Source plain, std::shared_ptr<const Key> key) {
  auto source = std::make_shared<SealingSource>(std::move(plain), std::move(key));
  return store::Source([source](std::span<char> into) { return source->read(into); });
}

struct Unsealer::State {
  std::shared_ptr<const Key> key;
  store::Sink plain;
  StreamState stream{};
  bool begun = false;
  bool ended = false;
  std::string held;
  std::array<char, kChunk> out{};

  ~State() { sodium_memzero(&stream, sizeof stream); }

  Result<void> open_chunk(std::string_view chunk) {
    if (ended) return fail(ErrorCode::InvalidInput, "an encrypted object goes on behind its end");
    unsigned long long size = 0;
    unsigned char tag = 0;
    if (chunk.size() < kOverhead ||
        crypto_secretstream_xchacha20poly1305_pull(&stream, bytes_of(out.data()), &size, &tag, bytes_of(chunk.data()),
                                                   chunk.size(), nullptr, 0) != 0)
      return not_authentic();
    ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return size == 0 ? Result<void>{} : plain(std::string_view(out.data(), size));
  }
};

Unsealer::Unsealer(std::shared_ptr<const Key> key, store::Sink plain) : state_(std::make_unique<State>()) {
  state_->key = std::move(key);
  state_->plain = std::move(plain);
}
Unsealer::Unsealer(Unsealer&&) noexcept = default;
Unsealer::~Unsealer() = default;

Result<void> Unsealer::add(std::string_view bytes) {
  auto& s = *state_;
  s.held += bytes;
  std::string_view rest = s.held;
  if (!s.begun) {
    if (rest.size() < kHeader) return {};
    if (crypto_secretstream_xchacha20poly1305_init_pull(&s.stream, bytes_of(rest.data()),
                                                        bytes_of(s.key->bytes().data())) != 0)
      return not_authentic();
    s.begun = true;
    rest.remove_prefix(kHeader);
  }
  for (; rest.size() >= kChunk + kOverhead; rest.remove_prefix(kChunk + kOverhead))
    PGC_CHECK(s.open_chunk(rest.substr(0, kChunk + kOverhead)));
  s.held.erase(0, s.held.size() - rest.size());
  return {};
}

Result<void> Unsealer::finish() {
  auto& s = *state_;
  if (!s.held.empty() && s.begun) PGC_CHECK(s.open_chunk(s.held));
  s.held.clear();
  if (!s.ended)
    return fail(ErrorCode::InvalidInput, "an encrypted object is cut off: the mark of its end is missing",
                "Restore from another backup; this object is not what was written.");
  return {};
}

}  // namespace pgcontract::walg
