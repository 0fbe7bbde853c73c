#pragma once
// From rows of the catalog queries to fingerprints: own names replaced, column numbers named, expressions that are the
// same deparsed once. Knows no connection, so that what is read and what is made of it stay apart. One thread.

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "fingerprint/canonical.hpp"
#include "fingerprint/catalog.hpp"
#include "fingerprint/tree.hpp"
#include "observe/copy_row.hpp"

namespace pgcontract::fingerprint {

class Assembly {
 public:
  explicit Assembly(int server_version) : server_version_(server_version), pool_(std::make_shared<NodePool>()) {}

  // The fingerprints grow in the order of these calls.
  void add_schema(Oid oid, const std::string& name, OwnNames own);
  void add_named(Reading reading, Oid oid, std::string_view name);  // Opclasses, Collations
  void add_column(Oid relation, int number, std::string_view name, std::string_view relation_name);
  // One line of a catalog query.
  void add_row(const CatalogQuery& query, std::string_view line);

  // After the columns, before what names them.
  void close_columns();

  // The expressions to be deparsed: one catalog row of each distinct text. `source` as in sql/deparsed.sql.
  struct Expression {
    char source = 0;
    Oid oid = 0;
    std::string text;  // to be filled
  };
  std::span<Expression> expressions() { return expressions_; }

  // All rows are in and all expressions filled.
  std::vector<SchemaFingerprint> finish();

 private:
  // A node that waits for expressions: its key with the places where they go, from first to last.
  struct Draft {
    std::size_t schema = 0;
    std::string key;
    std::vector<std::pair<std::size_t, int>> expressions;  // offset, index into expressions_
  };
  struct Relation {
    std::size_t schema = 0;
    std::string_view name;
    std::vector<std::pair<int, std::string_view>> columns;
    std::string_view signature;  // all of the above as one text, once for all relations that are alike
    std::string_view column_named(int number) const;
  };

  void begin_node(std::string_view kind, std::string_view name);
  void add_attribute(const AttributeForm& form, std::string_view value, bool touched);
  void close_node();
  std::string value_of(const AttributeForm& form, std::string_view value, bool touched);
  std::string columns_of(std::string_view value) const;
  const std::string& named(Reading reading, std::string_view oids);
  int expression_of(std::string_view value);
  std::string_view kept(std::string_view text);

  int server_version_;
  std::shared_ptr<NodePool> pool_;
  std::vector<SchemaFingerprint> schemas_;
  std::vector<OwnNames> own_;
  std::unordered_map<Oid, std::size_t> schema_by_oid_;
  std::unordered_map<Oid, std::string> opclasses_;
  std::unordered_map<Oid, std::string> collations_;
  std::unordered_map<Oid, Relation> relations_;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <typename Value>
  using ByText = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  std::unordered_set<std::string, Hash, std::equal_to<>> texts_;
  ByText<std::string> named_opclasses_;  // by the list of oids
  ByText<std::string> named_collations_;
  ByText<int> expression_by_text_;
  std::vector<Expression> expressions_;
  std::vector<Draft> drafts_;

  // Of the row at hand.
  std::string line_;
  std::size_t schema_ = 0;
  std::string key_;
  std::vector<std::pair<std::size_t, int>> waiting_;
};

}  // namespace pgcontract::fingerprint
