#pragma once
// From the bytes of a file to those of an object and back: compressed (lz4 frames, zstd frames; classic lzma is read),
// then, where there is a key, encrypted as wal-g does it with libsodium (secretstream, chunks of 8,192 bytes). Both
// directions are streams of bounded memory. The only file that knows the compressors is codec.cpp, the only one that
// knows libsodium is seal.cpp. Stricter than wal-g when reading: a frame must be whole, a sealed stream must end with
// its FINAL tag, and nothing may follow. Each stream belongs to one thread; a Key may be shared by any.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "store/store.hpp"

namespace pgcontract::walg {

enum class Compression { None, Lz4, Zstd, Lzma };
std::string_view extension(Compression compression);  // ".lz4", ".zst", ".lzma", "" of None
Compression compression_of(std::string_view key);     // by the object's last extension
std::string_view to_string(Compression compression);  // as in the contract: "none", "lz4", "zstd", "lzma"

// 32 bytes, wiped when the last stream that uses them ends.
class Key {
 public:
  // As WALG_LIBSODIUM_KEY and _TRANSFORM: "none" (25 bytes at least, padded or cut to 32), "hex" or "base64".
  static Result<std::shared_ptr<const Key>> parse(const SecretString& text, std::string_view transform);
  std::string_view bytes() const { return bytes_.reveal(); }

 private:
  explicit Key(SecretString bytes) : bytes_(std::move(bytes)) {}
  SecretString bytes_;
};

struct Seal {
  Compression compression = Compression::Zstd;
  int level = 1;                   // of the compressor; zstd 1, lz4 0 and 1 are the fast ones
  std::shared_ptr<const Key> key;  // null: not encrypted
};

// What `plain` gives, compressed and encrypted. `plain` is asked by the thread that asks the result.
Result<store::Source> encoded(store::Source plain, const Seal& seal);

// Takes an object's bytes, hands the file's to `plain`.
class Decoder {
 public:
  static Result<Decoder> make(const Seal& seal, store::Sink plain);  // `seal.level` does not matter
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();
  Result<void> add(std::string_view bytes);
  // After the last byte: an Error where the stream was cut off.
  Result<void> finish();

 private:
  struct State;
  explicit Decoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pgcontract::walg
