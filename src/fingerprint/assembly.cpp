#include "fingerprint/assembly.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "model/observation.hpp"

namespace pgcontract::fingerprint {
namespace {

constexpr std::string_view kColumns = "columns";  // the query
constexpr std::string_view kColumn = "column";    // the kind

// Some builds of the server stamp each column with the WAL position at which it was made. Their pg_dump leaves it out,
// and so do we: it tells when, not what.
constexpr std::string_view kStamp = "pg_attver=";

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

std::string options_of(const std::vector<Text>& list) {
  std::vector<std::string> options;
  for (const Text option : list)
    if (!option.starts_with(kStamp)) options.emplace_back(option);
  return joined_sorted(std::move(options));
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

std::string_view Assembly::kept(std::string_view text) {
  const auto at = texts_.find(text);
  return at != texts_.end() ? *at : *texts_.emplace(text).first;
}

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
    begin_node("column order", quoted(relation.name));
    for (const auto& [number, name] : relation.columns) {
      append_part(key_, quoted(name), kUnitMark);
      append_part(key_, "-", kRecordMark);
    }
    close_node();
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
  Text kind = query.kind;
  if (query.file == kColumns) {
    const Oid relation = row.oid();
    const int number = row.number<int>();
    kind = row.text();
    if (kind == kColumn) add_column(relation, number, name, owner);
  } else if (kind == "*") {
    kind = row.text();
  }
  if (query.name_as_is)
    begin_node(kind, touched ? own_[schema_].replace(name) : std::string(name));
  else
    begin_node(kind, owner.empty() ? quoted(name) : quoted(owner) + "." + quoted(name));
  for (const auto& form : query.attributes) {
    if (form.reading == Reading::Options) {
      if (const auto options = options_of(row.text_list()); !options.empty()) add_attribute(form, options, touched);
    } else if (const Text value = row.text(); !value.empty()) {
      add_attribute(form, value, touched);
    }
  }
  close_node();
}

void Assembly::begin_node(std::string_view kind, std::string_view name) {
  key_.clear();
  append_part(key_, kind, kGroupMark);
  append_part(key_, name, kGroupMark);
}

void Assembly::add_attribute(const AttributeForm& form, std::string_view value, bool touched) {
  const std::size_t before = key_.size();
  append_part(key_, form.name, kUnitMark);
  if (form.reading == Reading::Deparsed) {
    waiting_.emplace_back(key_.size(), expression_of(value));
    key_ += kRecordMark;
  } else if ((form.reading == Reading::Text || form.reading == Reading::Options) && !touched) {
    append_part(key_, value, kRecordMark);
  } else if (const std::string text = value_of(form, value, touched); !text.empty()) {
    append_part(key_, text, kRecordMark);
  } else {
    key_.resize(before);
  }
}

std::string Assembly::value_of(const AttributeForm& form, std::string_view value, bool touched) {
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
    case Reading::Options:
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

const std::string& Assembly::named(Reading reading, std::string_view oids) {
  auto& known = reading == Reading::Opclasses ? named_opclasses_ : named_collations_;
  if (const auto at = known.find(oids); at != known.end()) return at->second;
  const auto& names = reading == Reading::Opclasses ? opclasses_ : collations_;
  std::string text;
  for (const auto oid : numbers(oids)) {
    const auto at = names.find(static_cast<Oid>(oid));
    text += fmt::format("{}{}", text.empty() ? "" : ", ",
                        oid == 0            ? "-"
                        : at == names.end() ? std::string_view("?")
                                            : std::string_view(at->second));
  }
  return known.emplace(oids, std::move(text)).first->second;
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

void Assembly::close_node() {
  if (waiting_.empty())
    schemas_[schema_].nodes.push_back(pool_->intern(key_));
  else
    drafts_.push_back({schema_, key_, std::exchange(waiting_, {})});
}

std::vector<SchemaFingerprint> Assembly::finish() {
  for (auto& expression : expressions_) expression.text = canonical_expression(expression.text);
  for (const auto& draft : drafts_) {
    key_.clear();
    std::size_t copied = 0;
    for (const auto& [offset, expression] : draft.expressions) {
      key_.append(draft.key, copied, offset - copied);
      append_part(key_, own_[draft.schema].replace(expressions_[static_cast<std::size_t>(expression)].text),
                  kRecordMark);
      copied = offset + 1;  // the mark is in
    }
    key_.append(draft.key, copied);
    schemas_[draft.schema].nodes.push_back(pool_->intern(key_));
  }
  drafts_.clear();
  for (auto& schema : schemas_)
    if (schema.present) seal(schema);
  return std::move(schemas_);
}

}  // namespace pgcontract::fingerprint
