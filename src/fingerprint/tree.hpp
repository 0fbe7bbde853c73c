#pragma once
// The catalog fingerprint of a schema: one node an object (kind, name, attributes as canonical text), and a root, the
// SHA-256 over the digests of all nodes. Schemas that mean the same have the same root, whatever they are called, in
// whatever order their objects were made, whatever dropped columns lie below and, as far as doc/fingerprint.md says,
// whatever server version they are on. Pure; nodes are shared between the fingerprints that were read together, since
// tenants are alike. Any thread.

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/drift.hpp"

namespace pgcontract::fingerprint {

using Digest = std::array<unsigned char, 32>;

struct Attribute {
  std::string name;   // "default"
  std::string value;  // canonical, never empty: what is absent has no attribute
};

struct Node {
  std::string kind;  // "column"
  std::string name;  // "reports.title", within the schema
  std::vector<Attribute> attributes;
  Digest digest{};  // over all of the above
  const std::string* attribute(std::string_view name) const;
};

// What stands between the parts of a node's key; within them it is escaped.
inline constexpr char kGroupMark = '\x1d';
inline constexpr char kRecordMark = '\x1e';
inline constexpr char kUnitMark = '\x1f';
// "kind␝name␝attribute␟value␞…": what is hashed.
std::string node_key(std::string_view kind, std::string_view name, const std::vector<Attribute>& attributes);
// The names in a "column order" node, whose attributes are the columns in their order.
std::string column_list(const Node& order);

// Adds a part of a key and its end; marks within it are escaped.
void append_part(std::string& key, std::string_view part, char end);

// Each distinct node once.
class NodePool {
 public:
  const Node* intern(std::string_view key);  // made by node_key() or append_part(); a node seen before costs a look-up
  const Node* intern(std::string_view kind, std::string_view name, const std::vector<Attribute>& attributes) {
    return intern(node_key(kind, name, attributes));
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };
  std::unordered_map<std::string, std::unique_ptr<Node>, Hash, std::equal_to<>> nodes_;
};

struct SchemaFingerprint {
  std::string schema;
  bool present = false;            // false: there is no such schema; everything else is then empty
  std::string root;                // 64 hexadecimal digits
  std::vector<std::string> heads;  // rows of Alembic's version table, sorted; not part of the root
  bool has_version_table = false;
  std::vector<const Node*> nodes;        // by digest
  std::shared_ptr<const NodePool> pool;  // owns them
};

// Sorts the nodes and computes the root.
void seal(SchemaFingerprint& fingerprint);

// What differs, by kind and object; empty where the roots are equal. `mend` is left to mend.hpp.
std::vector<Difference> differences(const SchemaFingerprint& expected, const SchemaFingerprint& found);

// Groups fingerprints by root: the largest group is the reference (on a tie, the one with the first schema by name).
DriftSet compare_alike(std::string name, const std::vector<const SchemaFingerprint*>& schemas);
// Each against one expected fingerprint.
DriftSet compare_with(std::string name, const SchemaFingerprint& expected,
                      const std::vector<const SchemaFingerprint*>& schemas);

}  // namespace pgcontract::fingerprint
