#pragma once
// The tables of one schema as rules know them: filled from a catalog, played forward act by act, or both. A part says
// which revision made it; what comes from a catalog has no origin. One owner; not for two threads at once.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lint/statement.hpp"
#include "model/observation.hpp"

namespace pgcontract::lint {

struct Table {
  Name name;  // without schema: in the history's own
  std::vector<ColumnSpec> columns;
  std::vector<KeySpec> keys;
  std::vector<IndexSpec> indexes;
  Origin origin;
  bool partition = false;
  bool partitioned = false;

  const ColumnSpec* column(std::string_view column_name) const;
  const KeySpec* key(std::string_view key_name) const;
};

class Tables {
 public:
  // `own`: the schema that the history's search_path is set to; names in it count as names without a schema.
  explicit Tables(std::string own = {}) : own_(std::move(own)) {}
  static Tables of_catalog(const Observation& seen, std::string_view schema, std::string own);

  // `origin_of` tells where the act, or a part of it by name, stands in a revision.
  using OriginOf = std::function<Origin(std::string_view part)>;
  void play(const Act& act, const OriginOf& origin_of);
  void play(const Act& act, const Origin& origin) {
    play(act, [&](std::string_view) { return origin; });
  }
  // Those alone that the acts can see or change: a history has hundreds, a revision touches three.
  Tables around(const std::vector<const Act*>& acts) const;

  const Table* find(const Name& name) const;
  const Table* of_index(const std::string& index) const;
  const std::map<std::string, Table>& all() const { return tables_; }
  std::string label(const Name& name) const;  // without the own schema
  void spoil(const std::string& index);       // it became invalid; for examples

 private:
  Table* at(const Name& name);
  void add_key(Table& table, KeySpec key, const OriginOf& origin_of);
  void play_on(Table& table, const Act& act, const OriginOf& origin_of);
  void rename(const Act& act);
  void drop(const Act& act);

  std::string own_;
  std::map<std::string, Table> tables_;
};

}  // namespace pgcontract::lint
