#pragma once
// One SQL statement as the rules see it: a few acts on tables, columns, constraints and indexes. Filled from a parse
// tree (parse.hpp); the same column, key and index values are filled from a catalog (tables.hpp), so that rules about a
// state know one shape. Values; they own their text.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::lint {

// Table-level locks, weakest first (docs §13.3.1).
enum class Lock {
  None,
  AccessShare,
  RowShare,
  RowExclusive,
  ShareUpdateExclusive,
  Share,
  ShareRowExclusive,
  Exclusive,
  AccessExclusive,
};
std::string_view to_string(Lock lock);  // "ACCESS EXCLUSIVE"

struct Name {
  std::string schema;  // empty: the search_path decides
  std::string name;
  bool operator==(const Name&) const = default;
  std::string text() const { return schema.empty() ? name : schema + "." + name; }
};

// Where a part of a table comes from; both empty: from a catalog.
struct Origin {
  std::string revision;
  std::string where;  // "file:line"
};

struct ColumnSpec {
  std::string name;
  std::string type;         // "int4", "timestamptz", "varchar"; of another schema than pg_catalog: "schema.name"
  std::vector<int> length;  // the type's arguments: varchar(20), numeric(10,2)
  bool array = false;
  bool serial = false;
  bool not_null = false;
  bool has_default = false;
  bool volatile_default = false;  // or one that may be
  bool identity = false;
  bool generated = false;  // stored
  Origin origin = {};
};

enum class KeyKind { Check, ForeignKey, Unique, Primary, Exclusion };
struct KeySpec {
  KeyKind kind = KeyKind::Check;
  std::string name;  // empty: the server chooses
  std::vector<std::string> columns;
  Name referenced;  // ForeignKey
  bool validated = true;
  bool using_index = false;
  std::string not_null_of;  // Check: the column, where it says `column IS NOT NULL` and no more
  Origin origin = {};
};

struct IndexSpec {
  std::string name;
  std::vector<std::string> columns;  // "" is an expression
  bool unique = false;
  bool partial = false;
  bool valid = true;
  bool plain = true;  // a btree in the default order
  Origin origin = {};
};

enum class ActKind {
  CreateTable,
  AddColumn,
  DropColumn,
  ColumnType,
  SetNotNull,
  DropNotNull,
  ColumnDefault,
  AddKey,
  ValidateKey,
  DropKey,
  CreateIndex,
  Rename,
  SetSchema,
  Drop,
  Truncate,
  Insert,
  Update,
  Delete,
  EnumValue,
  CreateTrigger,
  CreatePolicy,
  CreateView,
  CreateOther,  // schema, type, function, sequence, extension, role …: see `object`
  RowSecurity,
  Storage,  // SET TABLESPACE, LOGGED, UNLOGGED, ACCESS METHOD: rewrites
  Attach,
  Detach,
  Owner,
  Grant,
  AlterOther,  // cheap forms of ALTER TABLE
  Vacuum,
  Cluster,
  Reindex,
  Refresh,
  LockTable,
  Setting,
  Comment,
  Code,  // DO, CALL: what it does is not seen
  Select,
  Other,
};

struct Act {
  ActKind kind = ActKind::Other;
  Name relation;       // the table, or the object itself where it is of no table
  std::string object;  // PostgreSQL's word for what is made, dropped or renamed: "table", "index", "column"
  std::string column;  // that it is about
  std::string name;    // of a constraint, trigger, policy, setting; an enum's value; a new name
  std::string value;   // of a setting
  std::vector<ColumnSpec> columns;  // made, or the new type
  std::vector<KeySpec> keys;
  std::optional<IndexSpec> index;
  std::vector<Name> others;  // relations it refers to besides
  Lock lock = Lock::None;    // LOCK TABLE
  bool concurrently = false;
  bool guarded = false;  // IF [NOT] EXISTS, OR REPLACE, ON CONFLICT
  bool cascade = false;
  bool has_where = false;
  bool has_using = false;  // ALTER TYPE … USING something that computes
  bool full = false;       // VACUUM FULL
  bool local = false;      // SET LOCAL
  bool temporary = false;
  bool on = false;          // ROW LEVEL SECURITY: ENABLE or FORCE
  bool from_query = false;  // INSERT … SELECT, CREATE TABLE AS
};

struct Statement {
  std::string text;
  std::vector<Act> acts;
  std::vector<Name> named;   // everything that it names with a schema, without pg_catalog
  std::string not_analysed;  // why `acts` is empty or not all
};

}  // namespace pgcontract::lint
