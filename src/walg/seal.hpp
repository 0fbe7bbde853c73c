#pragma once
// wal-g's encryption of objects: libsodium's secretstream (XChaCha20-Poly1305), a header of 24 bytes, then chunks of
// 8,192 bytes of plain text, of which the last holds fewer and carries the tag FINAL. One stream, one thread. The only
// file that knows libsodium.

#include <memory>
#include <string>

#include "walg/codec.hpp"

namespace pgcontract::walg {

Result<store::Source> sealed(store::Source plain, std::shared_ptr<const Key> key);

// Takes sealed bytes, hands plain ones on. finish(): an Error where the FINAL tag did not come.
class Unsealer {
 public:
  Unsealer(std::shared_ptr<const Key> key, store::Sink plain);
  Unsealer(Unsealer&&) noexcept;
  ~Unsealer();
  Result<void> add(std::string_view bytes);
  Result<void> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgcontract::walg
