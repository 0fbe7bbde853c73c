#pragma once
// SHA-256 (FIPS 180-4) of texts and of what is written piece by piece: fingerprints of contracts and exported files.
// A Sha256 is a value in the making, owned by one thread.

#include <memory>
#include <string>
#include <string_view>

namespace pgcontract {

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  void add(std::string_view bytes);
  // 64 hexadecimal digits, once; empty where OpenSSL has no SHA-256 (a FIPS provider that failed to load).
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256(std::string_view bytes);

}  // namespace pgcontract
