#include "fingerprint/assembly.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "model/observation.hpp"

namespace pgcontract::fingerprint {
namespace {

constexpr std::string_view kColumns = "column";

// The numbers of "1978 1979", or of "1978 1979" behind the first.
std::vector<std::int64_t> numbers(std::string_view text) {
  std::vector<std::int64_t> all;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; ++at) {
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error == std::errc{}) all.push_back(value);
    at = stop;
  }
  return all;
}

std::string joined_sorted(std::vector<std::string> items) {
  std::ranges::sort(items);
  return fmt::format("{}", fmt::join(items, ", "));
}

std::vector<std::string> split(std::string_view text, char mark) {
  std::vector<std::string> items;
  while (true) {
    const auto at = text.find(mark);
    items.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return items;
    text.remove_prefix(at + 1);
  }
}

}  // namespace

std::string_view Assembly::Relation::column_named(int number) const {
  const auto at = std::ranges::lower_bound(columns, number, {}, &std::pair<int, std::string_view>::first);
  return at != columns.end() && at->first == number ? at->second : std::string_view{};
}

void Assembly::add_schema(Oid oid, const std::string& name, OwnNames own) {
  if (oid != 0) schema_by_oid_.emplace(oid, schemas_.size());
  SchemaFingerprint fingerprint;
  fingerprint.schema = name;
  fingerprint.present = oid != 0;
  fingerprint.pool = pool_;
  schemas_.push_back(std::move(fingerprint));
  own_.push_back(std::move(own));
}

void Assembly::add_named(Reading reading, Oid oid, std::string_view name) {
  (reading == Reading::Opclasses ? opclasses_ : collations_).emplace(oid, name);
}

std::string_view Assembly::kept(std::string_view text) { return *texts_.emplace(text).first; }

void Assembly::add_column(Oid relation, int number, std::string_view name, std::string_view relation_name) {
  Relation& entry = relations_[relation];
  if (entry.columns.empty()) entry.name = kept(relation_name);
  entry.schema = schema_;
  entry.columns.emplace_back(number, kept(name));
}

void Assembly::close_columns() {
  std::string signature;
  for (auto& [oid, relation] : relations_) {
    std::ranges::sort(relation.columns);
    signature = std::string(relation.name);
    for (const auto& [number, name] : relation.columns) signature += fmt::format("{}{}{}", kUnitMark, number, name);
    relation.signature = kept(signature);
    if (relation.name.empty()) continue;  // of another schema: named, not counted
    schema_ = relation.schema;
    kind_ = "column order";
    name_ = quoted(relation.name);
    parts_.clear();
    for (const auto& [number, name] : relation.columns) parts_.push_back({quoted(name), "-", -1});
    close_node(parts_);
  }
}

void Assembly::add_row(const CatalogQuery& query, std::string_view line) {
  line_ = line;
  if (line_.ends_with('\n')) line_.pop_back();
  observe::CopyRow row(line_.data(), line_.size());
  const auto schema = schema_by_oid_.find(row.oid());
  if (schema == schema_by_oid_.end()) return;
  schema_ = schema->second;
  const bool touched = own_[schema_].may_touch(line);
  const Text owner = row.text();
  const Text name = row.text();
  if (query.name_as_is)
    name_ = touched ? own_[schema_].replace(name) : std::string(name);
  else
    name_ = owner.empty() ? quoted(name) : quoted(owner) + "." + quoted(name);
  if (query.kind == kColumns) {
    const Oid relation = row.oid();
    add_column(relation, row.number<int>(), name, owner);
  }
  kind_ = query.kind == "*" ? row.text() : Text(query.kind);
  parts_.clear();
  for (const auto& form : query.attributes)
    if (const Text value = row.text(); !value.empty()) add_part(form, value, touched);
  close_node(parts_);
}

void Assembly::add_part(const AttributeForm& form, std::string_view value, bool touched) {
  if (form.reading == Reading::Deparsed)
    parts_.push_back({form.name, {}, expression_of(value)});
  else
    parts_.push_back({form.name, value_of(form, value, touched), -1});
}

std::string Assembly::value_of(const AttributeForm& form, std::string_view value, bool touched) const {
  const OwnNames& own = own_[schema_];
  std::string text;
  switch (form.reading) {
    case Reading::Columns: return columns_of(value);
    case Reading::Opclasses:
    case Reading::Collations: text = named(form.reading, value); break;
    case Reading::Acl:
      return form.acl == '*' ? canonical_privileges(value.substr(1), value.front(), server_version_, own)
                             : canonical_privileges(value, form.acl, server_version_, own);
    case Reading::List: {
      auto items = split(value, kUnitMark);
      for (auto& item : items) item = own.replace(item);
      return joined_sorted(std::move(items));
    }
    case Reading::Expression: text = canonical_expression(value); break;
    case Reading::View: text = canonical_view(value, server_version_); break;
    case Reading::Text:
    case Reading::Deparsed: text = value; break;
  }
  return touched ? own.replace(text) : text;
}

std::string Assembly::columns_of(std::string_view value) const {
  const auto list = numbers(value);
  if (list.empty()) return {};
  const auto relation = relations_.find(static_cast<Oid>(list.front()));
  std::string names;
  for (std::size_t i = 1; i < list.size(); ++i) {
    const auto number = static_cast<int>(list[i]);
    std::string_view name;
    if (relation != relations_.end()) name = relation->second.column_named(number);
    // 0 is an expression; a system column and one out of sight keep their number.
    const std::string shown = number == 0 ? "(expression)" : name.empty() ? fmt::format("#{}", number) : quoted(name);
    names += (names.empty() ? "" : ", ") + shown;
  }
  return names;
}

std::string Assembly::named(Reading reading, std::string_view oids) const {
  const auto& names = reading == Reading::Opclasses ? opclasses_ : collations_;
  std::string text;
  for (const auto oid : numbers(oids)) {
    const auto at = names.find(static_cast<Oid>(oid));
    text += fmt::format("{}{}", text.empty() ? "" : ", ",
                        oid == 0            ? "-"
                        : at == names.end() ? std::string_view("?")
                                            : std::string_view(at->second));
  }
  return text;
}

// "c OID RELATION TREE". Two expressions whose trees and tables are alike read alike; a tree that refers to an object
// of its own schema holds that object's oid and so is like no other.
int Assembly::expression_of(std::string_view value) {
  const char source = value.front();
  std::uint64_t oid = 0;
  std::uint64_t relation = 0;
  const char* const end = value.data() + value.size();
  const auto first = std::from_chars(value.data() + 2, end, oid);
  const auto second = std::from_chars(first.ptr + 1, end, relation);
  const std::string_view tree(second.ptr, static_cast<std::size_t>(end - second.ptr));
  const auto table = relations_.find(static_cast<Oid>(relation));
  std::string key = table == relations_.end() ? fmt::format("{}", relation) : std::string(table->second.signature);
  key += kGroupMark;
  key += source;
  key += tree;
  const auto [at, added] = expression_by_text_.try_emplace(std::move(key), static_cast<int>(expressions_.size()));
  if (added) expressions_.push_back({source, static_cast<Oid>(oid), {}});
  return at->second;
}

void Assembly::close_node(std::vector<Part>& parts) {
  if (std::ranges::any_of(parts, [](const Part& part) { return part.expression >= 0; })) {
    drafts_.push_back({schema_, kind_, name_, std::move(parts)});
    parts.clear();
    return;
  }
  std::vector<Attribute> attributes;
  attributes.reserve(parts.size());
  for (auto& part : parts)
    if (!part.value.empty()) attributes.push_back({std::move(part.name), std::move(part.value)});
  schemas_[schema_].nodes.push_back(pool_->intern(kind_, name_, std::move(attributes)));
}

std::vector<SchemaFingerprint> Assembly::finish() {
  for (auto& expression : expressions_) expression.text = canonical_expression(expression.text);
  for (auto& draft : drafts_) {
    schema_ = draft.schema;
    kind_ = std::move(draft.kind);
    name_ = std::move(draft.name);
    for (auto& part : draft.parts) {
      if (part.expression < 0) continue;
      part.value = own_[schema_].replace(expressions_[static_cast<std::size_t>(part.expression)].text);
      part.expression = -1;
    }
    close_node(draft.parts);
  }
  drafts_.clear();
  for (auto& schema : schemas_)
    if (schema.present) seal(schema);
  return std::move(schemas_);
}

}  // namespace pgcontract::fingerprint
