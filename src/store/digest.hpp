#pragma once
// Digests as S3 wants them: raw bytes, base64 and hexadecimal, of SHA-256, HMAC-SHA-256 and MD5 (what an ETag is where
// the server keeps no better checksum; no security rests on it). A Digest is a value in the making, of one thread.

#include <memory>
#include <string>
#include <string_view>

namespace pgcontract::store {

class Digest {
 public:
  enum class Kind { Sha256, Md5 };
  explicit Digest(Kind kind);
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();
  void add(std::string_view bytes);
  // The raw bytes, once; empty where OpenSSL has no such digest (MD5 under FIPS).
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string raw_sha256(std::string_view bytes);
std::string raw_md5(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view text);  // raw
std::string hex(std::string_view raw);
std::string base64(std::string_view raw);
std::string from_base64(std::string_view text);  // empty: not base64

}  // namespace pgcontract::store
