#include "walg/codec.hpp"

#include <gtest/gtest.h>

#include <random>

namespace pgcontract::walg {
namespace {

std::string plain_of(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += "row " + std::to_string(random() % 1000) + "; ";
  text.resize(size);
  return text;
}

store::Source source_of(const std::string& text, std::size_t step) {
  return [&text, step, at = std::size_t{0}](std::span<char> into) mutable -> Result<std::size_t> {
    const std::size_t size = std::min({into.size(), step, text.size() - at});
    text.copy(into.data(), size, at);
    at += size;
    return size;
  };
}

std::string encode(const std::string& plain, const Seal& seal, std::size_t step = 1 << 20) {
  auto source = encoded(source_of(plain, step), seal);
  std::string object;
  std::vector<char> buffer(5000);
  for (;;) {
    const auto got = (*source)(buffer);
    if (!got || *got == 0) return object;
    object.append(buffer.data(), *got);
  }
}

// The plain text, or the message of what is wrong with the object.
std::string decode(std::string_view object, const Seal& seal, std::size_t step) {
  std::string plain;
  auto decoder = Decoder::make(seal, [&](std::string_view bytes) -> Result<void> {
    plain += bytes;
    return {};
  });
  for (; !object.empty(); object.remove_prefix(std::min(step, object.size())))
    if (const auto added = decoder->add(object.substr(0, step)); !added) return "error: " + added.error().message;
  if (const auto whole = decoder->finish(); !whole) return "error: " + whole.error().message;
  return plain;
}

std::shared_ptr<const Key> key() { return *Key::parse(SecretString("0123456789012345678901234567890"), "none"); }

std::vector<Seal> seals() {
  std::vector<Seal> all;
  for (const auto compression : {Compression::None, Compression::Lz4, Compression::Zstd})
    for (const auto& k : {std::shared_ptr<const Key>(), key()}) all.push_back({compression, 1, k});
  return all;
}

TEST(Codec, GivesBackWhatItTook) {
  for (const auto& seal : seals())
    for (const std::size_t size : {0UL, 1UL, 8191UL, 8192UL, 8193UL, 3UL << 20})
      for (const std::size_t step : {777UL, 1UL << 20}) {
        const std::string plain = plain_of(size);
        EXPECT_EQ(decode(encode(plain, seal, step), seal, step), plain)
            << to_string(seal.compression) << (seal.key ? " sealed " : " ") << size;
      }
}

// wal-g takes a stream cut at a chunk's end for a whole one.
TEST(Codec, NoticesEveryCut) {
  const std::string plain = plain_of(100'000);
  for (const auto& seal : seals()) {
    if (seal.compression == Compression::None && !seal.key) continue;  // nothing marks its end
    const std::string object = encode(plain, seal);
    for (std::size_t at = 0; at < object.size(); at += seal.key ? 8209 - 8192 % 7 : 1031)
      EXPECT_TRUE(decode(object.substr(0, at), seal, 4096).starts_with("error: ")) << to_string(seal.compression) << at;
    if (seal.key) {
      EXPECT_TRUE(decode(object.substr(0, 24 + 8209), seal, 4096).starts_with("error: "));
    }
  }
}

TEST(Codec, NoticesAFlippedBit) {
  const std::string plain = plain_of(100'000);
  for (const auto& seal : seals()) {
    if (seal.compression == Compression::None && !seal.key) continue;
    std::string object = encode(plain, seal);
    object[object.size() / 2] ^= 1;
    EXPECT_TRUE(decode(object, seal, 4096).starts_with("error: ")) << to_string(seal.compression);
  }
}

TEST(Codec, ReadsConcatenatedFrames) {
  for (const auto compression : {Compression::Lz4, Compression::Zstd}) {
    const Seal seal{compression, 1, nullptr};
    EXPECT_EQ(decode(encode("one ", seal) + encode("two", seal), seal, 3), "one two");
  }
}

TEST(Codec, AnotherKeyOpensNothing) {
  const Seal seal{Compression::Zstd, 1, key()};
  const Seal other{Compression::Zstd, 1, *Key::parse(SecretString("another key of 32 bytes, or more"), "none")};
  EXPECT_EQ(decode(encode("secret", seal), other, 4096).substr(0, 45), "error: an encrypted object cannot be opened: ");
}

TEST(Codec, KeysAreReadAsWalgReadsThem) {
  EXPECT_EQ((*Key::parse(SecretString("  1234567890123456789012345\n"), "none"))->bytes().substr(24),
            std::string_view("5\0\0\0\0\0\0\0", 8));
  EXPECT_FALSE(Key::parse(SecretString("short"), "none"));
  EXPECT_EQ((*Key::parse(SecretString(std::string(64, 'a')), "hex"))->bytes(), std::string(32, '\xaa'));
  EXPECT_FALSE(Key::parse(SecretString(std::string(62, 'a')), "hex"));
  EXPECT_EQ((*Key::parse(SecretString("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "base64"))->bytes(),
            std::string(32, '\0'));
}

}  // namespace
}  // namespace pgcontract::walg
