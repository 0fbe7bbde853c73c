#pragma once
// What with_peer put into the environment, for the tests of this folder. Values; one thread.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "base/uuid.hpp"
#include "store/store.hpp"

namespace pgcontract::store {

inline std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

inline StoreLocation peer_location() {
  StoreLocation location;
  // A prefix of each test's own.
  location.url = variable("PGC_STORE") + "/" + Uuid::random().hex();
  location.ca_file = variable("PGC_CA");
  return location;
}

inline std::unique_ptr<Store> opened(const StoreLocation& location, const Limits& limits = {}) {
  auto store = open_store(location, "/", limits);
  EXPECT_TRUE(store) << store.error().describe();
  return store ? *std::move(store) : nullptr;
}

// Bytes that no compression and no two places make equal; the same for the same seed.
inline std::string noise(std::size_t size, std::uint32_t seed = 1) {
  std::string text(size, '\0');
  for (auto& c : text) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return text;
}

inline std::string contents(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace pgcontract::store
