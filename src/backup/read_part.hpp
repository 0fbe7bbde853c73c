#pragma once
// An object of a store, decoded, and where it is a part, taken apart: what verifying and listing have in common. Which
// of the two failed, the store or the object, is told apart. One thread.

#include <optional>
#include <string>

#include "base/result.hpp"
#include "store/store.hpp"
#include "walg/codec.hpp"
#include "walg/tar.hpp"

namespace pgcontract::backup {

struct ReadObject {
  std::uint64_t size = 0;
  std::string sha256;   // of the object's bytes
  std::string problem;  // what is wrong with its content; empty: nothing
};
// `plain` gets the decoded bytes; its Error is the object's problem. `stored` is told of bytes as they come.
Result<ReadObject> read_decoded(store::Store& store, const walg::Seal& seal, const std::string& key,
                                const store::Sink& plain, const std::function<void(std::uint64_t)>& stored = {});
Result<ReadObject> read_part(store::Store& store, const walg::Seal& seal, const std::string& key,
                             walg::TarVisitor visitor, const std::function<void(std::uint64_t)>& stored = {});

}  // namespace pgcontract::backup
