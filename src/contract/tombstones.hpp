#pragma once
// The file in which deletions of tenants are kept beside the contract, where no restore of the database reaches: one
// JSON object a line (doc/decisions/0009-tombstones.md). Text in, values out and back; the caller reads and writes the
// file. No state; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/uuid.hpp"
#include "model/contract.hpp"

namespace pgcontract::contract {

struct TombstoneLine {
  Uuid id;
  std::string environment;
  std::string database;
  std::string system_identifier;  // of the cluster; may be empty
  std::string deleted_at;         // RFC 3339, UTC
  std::string inventory_sha256;
};

// Its path: tenancy.tombstones, relative to the contract.
std::string tombstones_path(const Contract& contract);
// The file's lines; none where there is no file.
Result<std::vector<TombstoneLine>> read_tombstones(const std::string& path);
// The same lines as text, each with its newline.
std::string tombstones_text(const std::vector<TombstoneLine>& lines);

}  // namespace pgcontract::contract
