// parse_contract(): walks the nodes of the file along the table of fields. It never stops at the first problem.

#include <fmt/format.h>

#include <algorithm>

#include "base/sha256.hpp"
#include "base/suggest.hpp"
#include "contract/coherence.hpp"
#include "contract/fields.hpp"
#include "contract/load.hpp"
#include "contract/problems.hpp"
#include "yaml/document.hpp"

namespace pgcontract::contract {
namespace {

using yaml::Mark;
using yaml::Node;

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

std::string child_path(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

class Reader {
 public:
  Reader(const yaml::Document& document, Contract& contract, Problems& problems, Places& places)
      : document_(document), contract_(contract), problems_(problems), places_(places) {}

  void read_root() {
    const Node& root = document_.root();
    if (root.is_null())
      problems_.add(root.mark, "the contract is empty", "Write one with `pgcontract init`.");
    else if (root.kind != Node::Kind::Mapping)
      problems_.add(root.mark, fmt::format("the contract must be a mapping, not {}", yaml::describe_kind(root)),
                    "Begin with the line \"contract: 1\".");
    else if (const Node* version = root.find("contract");
             version != nullptr && version->is_number() && version->text != "1")
      // Another version has other keys: more messages would mislead.
      problems_.add(version->mark, fmt::format("version {} of the contract format is not known here", version->text),
                    "This pgcontract reads version 1: write \"contract: 1\", or use a newer pgcontract.",
                    ErrorCode::Unsupported);
    else
      read_children("", "", &root, root.mark);
  }

 private:
  // The keys below a section. `mapping` is null where the section is absent and its defaults hold.
  void read_children(const std::string& table_path, const std::string& path, const Node* mapping, Mark mark) {
    const auto children = fields_below(table_path);
    if (mapping != nullptr)
      for (const auto& entry : mapping->entries) refuse_unknown(entry, path, children);
    for (const Field* field : children) {
      const Node* node = mapping == nullptr ? nullptr : mapping->find(field->key());
      if (node != nullptr)
        read(*field, child_path(path, field->key()), *node, key_mark(*mapping, field->key()));
      else if (field->required)
        problems_.add(mark, fmt::format("{} is missing", child_path(path, field->key())),
                      fmt::format("Add \"{}: …\". {}", field->key(), field->sentence));
      else
        apply_default(*field, child_path(path, field->key()), mark);
    }
  }

  static Mark key_mark(const Node& mapping, std::string_view key) {
    return std::find_if(mapping.entries.begin(), mapping.entries.end(),
                        [&](const yaml::Entry& entry) { return entry.key == key; })
        ->mark;
  }

  void refuse_unknown(const yaml::Entry& entry, const std::string& path, const std::vector<const Field*>& children) {
    std::vector<std::string_view> known;
    for (const Field* field : children) known.push_back(field->key());
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) return;
    const auto near = nearest(entry.key, known);
    problems_.add(entry.mark, fmt::format("unknown key {}{}", shown(entry.key), path.empty() ? "" : " in " + path),
                  near.empty() ? fmt::format("Known here: {}.", joined(known)) : fmt::format("Did you mean {}?", near));
  }

  void apply_default(const Field& field, const std::string& path, Mark mark) {
    if (field.fallback.empty()) return;
    if (field.shape == Shape::Section) return read_children(path_below(field), path, nullptr, mark);
    if (field.set == nullptr || field.shape == Shape::Records) return;
    Value value;
    if (field.shape == Shape::Text || field.shape == Shape::Count) value.text = field.fallback;
    value.flag = field.fallback == "true";
    field.set(contract_, value);
  }

  void read(const Field& field, const std::string& path, const Node& node, Mark mark) {
    switch (field.shape) {
      case Shape::Section: return read_section(field, path, node, mark);
      case Shape::Named: return read_named(field, path, node);
      case Shape::Records: return read_records(field, path, node);
      case Shape::Version: return read_version(field, path, node);
      case Shape::Flag: return read_flag(field, path, node);
      case Shape::Count: return read_count(field, path, node);
      case Shape::Text: {
        Value value;
        if (!read_text(field, path, node, value.text)) return;
        if (field.set != nullptr) field.set(contract_, value);
        return;
      }
      case Shape::Texts: return read_texts(field, path, node);
    }
  }

  bool expect(const Node& node, Node::Kind kind, const std::string& path, std::string_view wanted, std::string hint) {
    if (node.kind == kind) return true;
    problems_.add(node.mark,
                  node.is_null() ? fmt::format("{} has no value", path)
                                 : fmt::format("{} must be {}, not {}", path, wanted, yaml::describe_kind(node)),
                  std::move(hint));
    return false;
  }

  void read_section(const Field& field, const std::string& path, const Node& node, Mark mark) {
    if (!expect_section(field, path, node)) return;
    if (field.set != nullptr)
      field.set(contract_, Value{.text = document_.source_of(node), .mark = {mark.line, mark.column}});
    read_children(path_below(field), path, &node, mark);
  }

  bool expect_section(const Field& field, const std::string& path, const Node& node) {
    std::vector<std::string_view> keys;
    for (const Field* child : fields_below(path_below(field))) keys.push_back(child->key());
    return expect(node, Node::Kind::Mapping, path, "a mapping", fmt::format("Its keys: {}.", joined(keys)));
  }

  void read_named(const Field& field, const std::string& path, const Node& node) {
    if (!expect(node, Node::Kind::Mapping, path, "a mapping from names to mappings", std::string(field.sentence)))
      return;
    if (node.entries.empty()) problems_.add(node.mark, path + " must not be empty", std::string(field.sentence));
    for (const auto& entry : node.entries) {
      if (const auto complaint = check(*field.rule, entry.key)) {
        problems_.add(entry.mark, fmt::format("{}: a name {}", path, complaint->message), complaint->hint);
        continue;
      }
      const std::string below = child_path(path, entry.key);
      if (!expect_section(field, below, *entry.value)) continue;
      field.set(contract_, Value{.text = entry.key, .mark = {entry.mark.line, entry.mark.column}});
      read_children(path_below(field), below, entry.value, entry.mark);
      check_exactly_one(field, below, *entry.value, entry.mark);
    }
  }

  void check_exactly_one(const Field& field, const std::string& path, const Node& node, Mark mark) {
    if (field.exactly_one.empty()) return;
    std::vector<std::string_view> given;
    for (const auto key : field.exactly_one)
      if (node.find(key) != nullptr) given.push_back(key);
    if (given.size() == 1) return;
    problems_.add(given.empty() ? mark : key_mark(node, given.back()),
                  given.empty() ? fmt::format("{} has none of: {}", path, joined(field.exactly_one))
                                : fmt::format("{} has more than one of: {}", path, joined(field.exactly_one)),
                  "Write exactly one of them.");
  }

  void read_records(const Field& field, const std::string& path, const Node& node) {
    if (!expect(node, Node::Kind::Sequence, path, "a list", "Begin each entry with \"- \".")) return;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const Node& item = *node.items[i];
      const std::string below = fmt::format("{}[{}]", path, i);
      if (!expect_section(field, below, item)) continue;
      field.set(contract_, Value{.mark = {item.mark.line, item.mark.column}});
      read_children(path_below(field), below, &item, item.mark);
    }
  }

  // Other numbers never come this far: see read_root().
  void read_version(const Field& field, const std::string& path, const Node& node) {
    if (node.is_number()) return field.set(contract_, Value{});
    problems_.add(node.mark, fmt::format("{} must be the number 1, not {}", path, yaml::describe_kind(node)),
                  "Write \"contract: 1\", without quotes.");
  }

  void read_flag(const Field& field, const std::string& path, const Node& node) {
    if (node.kind == Node::Kind::Scalar && !node.quoted && (node.text == "true" || node.text == "false")) {
      places_[path] = node.mark;
      return field.set(contract_, Value{.flag = node.text == "true"});
    }
    std::string lower = node.text;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const auto means = [&](std::initializer_list<std::string_view> words) {
      return node.kind == Node::Kind::Scalar && std::find(words.begin(), words.end(), lower) != words.end();
    };
    const bool yes = means({"true", "yes", "on", "y", "1"});
    const bool no = means({"false", "no", "off", "n", "0"});
    const std::string found = yes || no ? shown(node.text) : std::string(yaml::describe_kind(node));
    problems_.add(node.mark, fmt::format("{} must be true or false, not {}", path, found),
                  fmt::format("Write {}.", yes  ? "true, in lower case and without quotes"
                                           : no ? "false, in lower case and without quotes"
                                                : "true or false"));
  }

  void read_count(const Field& field, const std::string& path, const Node& node) {
    const auto& text = node.text;
    const bool plain = node.kind == Node::Kind::Scalar && !node.quoted && !text.empty() && text.size() <= 7 &&
                       text[0] != '0' &&
                       std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (text == "none" || (plain && std::stoi(text) <= kLargestCount)) {
      places_[path] = node.mark;
      return field.set(contract_, Value{.text = text});
    }
    problems_.add(node.mark,
                  fmt::format("{} must be a whole number from 1 to {}, not {}", path, kLargestCount,
                              node.is_number() ? text : std::string(yaml::describe_kind(node))),
                  "Write a number such as 20, without quotes, or none for no limit.");
  }

  bool read_text(const Field& field, const std::string& path, const Node& node, std::string& text) {
    const std::string wanted =
        field.allowed.empty() ? std::string(field.rule->value) : "one of: " + joined(field.allowed);
    if (node.is_null()) {
      problems_.add(node.mark, path + " has no value", fmt::format("Write {}, or remove the key.", wanted));
      return false;
    }
    if (node.kind != Node::Kind::Scalar || node.is_boolean() || node.is_number()) {
      problems_.add(
          node.mark, fmt::format("{} must be text, not {}", path, yaml::describe_kind(node)),
          fmt::format("Write {}{}.", wanted,
                      node.kind == Node::Kind::Scalar ? "; quotes make text of what looks like something else" : ""));
      return false;
    }
    auto complaint = check(*field.rule, node.text);
    if (!complaint) complaint = check_allowed(field, node.text);
    if (complaint) {
      problems_.add(node.mark, fmt::format("{} {}", path, complaint->message), complaint->hint);
      return false;
    }
    places_[path] = node.mark;
    text = node.text;
    return true;
  }

  static std::optional<Complaint> check_allowed(const Field& field, const std::string& text) {
    const auto& allowed = field.allowed;
    if (allowed.empty() || std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return {};
    const auto near = allowed.size() == 1 ? std::string() : nearest(text, allowed);
    return Complaint{fmt::format("cannot be {}", shown(text)),
                     fmt::format("{}Write {}{}.", near.empty() ? "" : fmt::format("Did you mean {}? ", near),
                                 allowed.size() == 1 ? "" : "one of: ", joined(allowed))};
  }

  void read_texts(const Field& field, const std::string& path, const Node& node) {
    if (!expect(node, Node::Kind::Sequence, path, "a list", "Write [one, two], or one \"- \" a line.")) return;
    Value value;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string item_path = fmt::format("{}[{}]", path, i);
      std::string text;
      // A bad item keeps its slot, so that the others keep their places.
      if (read_text(field, item_path, *node.items[i], text) &&
          std::find(value.list.begin(), value.list.end(), text) != value.list.end())
        problems_.add(node.items[i]->mark, fmt::format("{} repeats {}", item_path, shown(text)), "Remove it.");
      value.list.push_back(std::move(text));
    }
    field.set(contract_, value);
  }

  const yaml::Document& document_;
  Contract& contract_;
  Problems& problems_;
  Places& places_;
};

}  // namespace

tl::expected<Contract, std::vector<Error>> parse_contract(std::string text, std::string file_name,
                                                          std::string directory) {
  Contract contract;
  contract.file = file_name;
  contract.directory = std::move(directory);
  contract.sha256 = sha256(text);
  // Only OpenSSL without SHA-256 gets here (a FIPS provider that failed to load).
  if (contract.sha256.empty())
    return tl::unexpected(std::vector<Error>{{ErrorCode::Bug, "SHA-256 is not available", "", file_name, {}, {}}});
  const auto document = yaml::Document::parse(std::move(text), std::move(file_name));
  if (!document) return tl::unexpected(std::vector<Error>{document.error()});

  Problems problems(*document);
  Places places;
  Reader(*document, contract, problems, places).read_root();
  for (auto& environment : contract.environments)
    if (environment.source == Environment::Source::Embedded && environment.database.empty())
      environment.database = contract.name;
  check_coherence(contract, places, problems);
  if (!problems.empty()) return tl::unexpected(problems.sorted());
  return contract;
}

}  // namespace pgcontract::contract
