#pragma once
// One listing of an archive as an Inventory: runs of segments, histories, what cannot be whole. Memory grows with the
// holes, not with the segments.

#include "wal/archive.hpp"
#include "wal/coverage.hpp"

namespace pgcontract::wal {

// `seen`: called now and then with the number of objects so far; may be empty.
Result<Inventory> read_inventory(Archive& archive, const std::function<void(std::uint64_t objects)>& seen = {});

}  // namespace pgcontract::wal
