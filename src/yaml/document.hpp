#pragma once
// YAML 1.2 as a tree of nodes that know their line and column: the one door to libfyaml. A Document owns its nodes and
// the text they were read from; nodes never move, even when the Document does. Immutable after parse(); any thread.
//
// What is read: one document of mappings, sequences and scalars, in block or flow style, with anchors and aliases. An
// alias is the very node it names, so a problem inside it is reported where it is written. What is refused, each with
// an Error of its own: duplicate keys, merge keys (<<), tags (!x), keys that are not text, a second document, text that
// is not UTF-8, and more than the limits below (aliases count as often as they are used).

#include <compare>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pgcontract::yaml {

inline constexpr std::size_t kMaxBytes = 1 << 20;
inline constexpr int kMaxDepth = 64;
inline constexpr std::size_t kMaxNodes = 100'000;

// Counted from 1, columns in characters as editors do. Line 0 is "nowhere".
struct Mark {
  int line = 0;
  int column = 0;
  auto operator<=>(const Mark&) const = default;
};

struct Node;

struct Entry {
  std::string key;
  Mark mark;  // of the key
  const Node* value = nullptr;
};

struct Node {
  enum class Kind { Mapping, Sequence, Scalar };
  Kind kind = Kind::Scalar;
  Mark mark;
  std::string text;                // Scalar
  bool quoted = false;             // in quotes or as a block: always text, never null, true or a number
  std::vector<Entry> entries;      // Mapping, in the file's order
  std::vector<const Node*> items;  // Sequence
  std::size_t begin = 0, end = 0;  // bytes of Document::text(), quotes and brackets included

  // What YAML's core schema makes of a scalar without quotes.
  bool is_null() const;
  bool is_boolean() const;
  bool is_number() const;
  // The value at `key`, or null.
  const Node* find(std::string_view key) const;
};

class Document {
 public:
  // `file_name` is used in messages only. An empty text gives a root that is_null().
  static Result<Document> parse(std::string text, std::string file_name);

  const Node& root() const { return *root_; }
  const std::string& text() const { return text_; }
  // "contract.yaml:12:7"
  std::string where(Mark mark) const;
  // A node as written, comments and all, without the indentation of its first line.
  std::string source_of(const Node& node) const;

 private:
  friend class Builder;
  std::string text_;
  std::string file_name_;
  std::deque<Node> nodes_;
  const Node* root_ = nullptr;
};

// "a mapping", "a list", "text", "a number", "true or false", "nothing": for messages on wrong types.
std::string_view describe_kind(const Node& node);

}  // namespace pgcontract::yaml
