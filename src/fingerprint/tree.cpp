#include "fingerprint/tree.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <map>

namespace pgcontract::fingerprint {
namespace {

// Part of every root: a form that changes changes its name, so that two programs never call different things equal.
constexpr std::string_view kForm = "pgcontract fingerprint 1";

Digest sha256(std::string_view bytes) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

constexpr char kEscape = '\x1c';

bool is_mark(char c) { return c >= kEscape && c <= kUnitMark; }

// The next part of a key and the mark behind it, taken off its front.
std::pair<std::string, char> take_part(std::string_view& key) {
  std::string part;
  while (!key.empty()) {
    const char c = key.front();
    key.remove_prefix(1);
    if (!is_mark(c)) {
      part += c;
    } else if (c != kEscape) {
      return {std::move(part), c};
    } else {
      part += static_cast<char>(key.front() - 0x40);
      key.remove_prefix(1);
    }
  }
  return {std::move(part), '\0'};
}

Node node_of(std::string_view key) {
  Node node;
  node.kind = take_part(key).first;
  node.name = take_part(key).first;
  while (!key.empty()) {
    std::string name = take_part(key).first;
    node.attributes.push_back({std::move(name), take_part(key).first});
  }
  return node;
}

using NodesByName = std::map<std::pair<std::string_view, std::string_view>, const Node*>;

// The nodes of `all` that `other` has not. Both are sorted by digest.
NodesByName only_in(const std::vector<const Node*>& all, const std::vector<const Node*>& other) {
  NodesByName left;
  for (const Node* node : all)
    if (!std::ranges::binary_search(other, node->digest, {}, &Node::digest)) left[{node->kind, node->name}] = node;
  return left;
}

Difference difference(const Node& node, std::string attribute, std::optional<std::string> expected,
                      std::optional<std::string> found) {
  return {node.kind, node.name, std::move(attribute), std::move(expected), std::move(found), {}, {}};
}

std::optional<std::string> value_of(const Node& node, std::string_view name) {
  const std::string* value = node.attribute(name);
  return value ? std::optional(*value) : std::nullopt;
}

void add_attributes(const Node& expected, const Node& found, std::vector<Difference>& into) {
  for (const auto& [name, value] : expected.attributes)
    if (auto other = value_of(found, name); other != value)
      into.push_back(difference(expected, name, value, std::move(other)));
  for (const auto& [name, value] : found.attributes)
    if (!expected.attribute(name)) into.push_back(difference(found, name, std::nullopt, value));
}

// A column that only one side has is told as such; that the list of columns differs as well says nothing more, unless
// the columns that both have stand in another order.
bool same_order_otherwise(const Node& expected, const Node& found) {
  const auto common = [](const Node& node, const Node& other) {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : node.attributes)
      if (other.attribute(name)) names.push_back(name);
    return names;
  };
  return common(expected, found) == common(found, expected);
}

// What stands in a table or view that only one side has is not told piece by piece.
bool is_within(const Node& node, const NodesByName& whole) {
  constexpr std::string_view kWhole[] = {"table",         "partitioned table", "view", "materialized view",
                                         "foreign table", "composite type",    "type", "sequence"};
  std::string_view owner = node.name;
  if (node.kind == "index" || node.kind == "inheritance") {
    const std::string* table = node.attribute("table");
    if (table) owner = *table;
  }
  if (node.kind != "index" && node.kind != "column order" && node.kind != "view definition" &&
      node.kind != "sequence values" && node.kind != "type") {
    const auto dot = owner.find('.');
    if (dot == std::string_view::npos) return false;
    owner = owner.substr(0, dot);
  }
  return std::ranges::any_of(kWhole, [&](auto kind) { return kind != node.kind && whole.contains({kind, owner}); });
}

}  // namespace

const std::string* Node::attribute(std::string_view wanted) const {
  const auto at = std::ranges::find(attributes, wanted, &Attribute::name);
  return at == attributes.end() ? nullptr : &at->value;
}

void append_part(std::string& key, std::string_view part, char end) {
  if (std::ranges::none_of(part, is_mark)) {
    key += part;
  } else {
    for (const char c : part) {
      if (is_mark(c)) key += kEscape;
      key += is_mark(c) ? static_cast<char>(c + 0x40) : c;
    }
  }
  key += end;
}

std::string node_key(std::string_view kind, std::string_view name, const std::vector<Attribute>& attributes) {
  std::string key;
  append_part(key, kind, kGroupMark);
  append_part(key, name, kGroupMark);
  for (const auto& [attribute, value] : attributes) {
    append_part(key, attribute, kUnitMark);
    append_part(key, value, kRecordMark);
  }
  return key;
}

const Node* NodePool::intern(std::string_view key) {
  if (const auto at = nodes_.find(key); at != nodes_.end()) return at->second.get();
  auto node = std::make_unique<Node>(node_of(key));
  node->digest = sha256(key);
  return nodes_.emplace(std::string(key), std::move(node)).first->second.get();
}

void seal(SchemaFingerprint& fingerprint) {
  std::ranges::sort(fingerprint.nodes, {}, &Node::digest);
  std::string bytes(kForm);
  for (const Node* node : fingerprint.nodes) bytes.append(node->digest.begin(), node->digest.end());
  fingerprint.root.clear();
  for (const unsigned char byte : sha256(bytes)) fingerprint.root += fmt::format("{:02x}", byte);
}

std::vector<Difference> differences(const SchemaFingerprint& expected, const SchemaFingerprint& found) {
  std::vector<Difference> all;
  if (expected.root == found.root) return all;
  const NodesByName left = only_in(expected.nodes, found.nodes);
  const NodesByName right = only_in(found.nodes, expected.nodes);
  NodesByName missing;
  NodesByName extra;
  for (const auto& [name, node] : left)
    if (!right.contains(name)) missing.emplace(name, node);
  for (const auto& [name, node] : right)
    if (!left.contains(name)) extra.emplace(name, node);
  for (const auto& [name, node] : missing)
    if (!is_within(*node, missing)) all.push_back(difference(*node, "", "present", std::nullopt));
  for (const auto& [name, node] : extra)
    if (!is_within(*node, extra)) all.push_back(difference(*node, "", std::nullopt, "present"));
  for (const auto& [name, node] : left) {
    const auto other = right.find(name);
    if (other == right.end()) continue;
    if (node->kind != "column order")
      add_attributes(*node, *other->second, all);
    else if (!same_order_otherwise(*node, *other->second))
      all.push_back(difference(*node, "order", column_list(*node), column_list(*other->second)));
  }
  return all;
}

std::string column_list(const Node& order) {
  std::string list;
  for (const auto& [name, value] : order.attributes) list += (list.empty() ? "" : ", ") + name;
  return list;
}

DriftSet compare_with(std::string name, const SchemaFingerprint& expected,
                      const std::vector<const SchemaFingerprint*>& schemas) {
  DriftSet set{std::move(name), expected.heads, expected.schema, expected.root, 0, {}};
  std::map<std::string_view, std::vector<const SchemaFingerprint*>> by_root;
  for (const auto* schema : schemas) by_root[schema->root].push_back(schema);
  for (const auto& [root, alike] : by_root) {
    if (root == expected.root) {
      set.alike = alike.size();
      continue;
    }
    DriftGroup group{{}, std::string(root), differences(expected, *alike.front())};
    for (const auto* schema : alike) group.schemas.push_back(schema->schema);
    std::ranges::sort(group.schemas);
    set.groups.push_back(std::move(group));
  }
  std::ranges::sort(set.groups, [](const DriftGroup& a, const DriftGroup& b) {
    return a.schemas.size() != b.schemas.size() ? a.schemas.size() > b.schemas.size() : a.schemas < b.schemas;
  });
  return set;
}

DriftSet compare_alike(std::string name, const std::vector<const SchemaFingerprint*>& schemas) {
  std::map<std::string_view, std::vector<const SchemaFingerprint*>> by_root;
  for (const auto* schema : schemas) by_root[schema->root].push_back(schema);
  const SchemaFingerprint* reference = nullptr;
  std::size_t most = 0;
  for (const auto& [root, alike] : by_root) {
    const auto* first = *std::ranges::min_element(alike, {}, [](const auto* s) { return std::string_view(s->schema); });
    if (alike.size() > most || (alike.size() == most && first->schema < reference->schema)) {
      most = alike.size();
      reference = first;
    }
  }
  if (!reference) return DriftSet{std::move(name), {}, {}, {}, 0, {}};
  return compare_with(std::move(name), *reference, schemas);
}

}  // namespace pgcontract::fingerprint
