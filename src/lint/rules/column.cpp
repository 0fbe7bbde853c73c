// Columns added and changed: what writes a table anew, reads all of it, or cannot work on one with rows.
#include <fmt/format.h>

#include <algorithm>

#include "lint/rules/subjects.hpp"

namespace pgcontract::lint {
namespace {

bool adds_column(const ActContext& c) {
  if (c.act.kind != ActKind::AddColumn || c.is_new()) return false;
  const Table* table = c.table();
  return !(c.act.guarded && table && table->column(c.act.column));
}

std::string type_text(const ColumnSpec& column) {
  std::string text = column.type;
  if (!column.length.empty()) text += fmt::format("({})", fmt::join(column.length, ","));
  return column.array ? text + "[]" : text;
}

void type_rewrites(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::ColumnType || c.is_new()) return;
  const Table* table = c.table();
  const ColumnSpec* from = table ? table->column(c.act.column) : nullptr;
  const ColumnSpec& to = c.act.columns.front();
  if (!rewrites(from, to, c.act.has_using)) return;
  out.push_back({.message = from ? fmt::format("changing {} to {} writes the whole table and its indexes anew under "
                                               "ACCESS EXCLUSIVE: nobody can even read it",
                                               type_text(*from), type_text(to))
                                 : fmt::format("changing its type to {} may write the whole table anew under ACCESS "
                                               "EXCLUSIVE; what it is now is not known here",
                                               type_text(to)),
                 .table = c.label(),
                 .part = c.act.column,
                 .consider = "a new column, filled in batches, then swapped"});
}

void not_null_scans(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::SetNotNull || c.is_new()) return;
  const auto touched = touches(c.act, c.before);
  if (!touched.front().scans) return;
  out.push_back(
      {.message = "SET NOT NULL reads the whole table under ACCESS EXCLUSIVE",
       .table = c.label(),
       .part = c.act.column,
       .consider = fmt::format("ALTER TABLE {0} ADD CONSTRAINT ck_{0}__{1}_not_null CHECK ({1} IS NOT NULL) NOT "
                               "VALID; in the next revision VALIDATE CONSTRAINT, then SET NOT NULL",
                               c.act.relation.name, c.act.column)});
}

void required_column(const ActContext& c, Founds& out) {
  if (!adds_column(c)) return;
  const ColumnSpec& column = c.act.columns.front();
  if (!column.not_null || column.has_default || column.identity || column.generated) return;
  out.push_back({.message = "is NOT NULL without a default: the statement fails on a table that has rows",
                 .table = c.label(),
                 .part = column.name,
                 .consider = "a constant DEFAULT, or nullable first"});
}

void volatile_default(const ActContext& c, Founds& out) {
  if (!adds_column(c)) return;
  const ColumnSpec& column = c.act.columns.front();
  if (!column.volatile_default && !column.identity) return;
  const std::string what = column.serial     ? "a serial column"
                           : column.identity ? "an identity column"
                                             : "a default that is not the same for every row";
  out.push_back({.message = fmt::format("{} writes the whole table anew under ACCESS EXCLUSIVE", what),
                 .table = c.label(),
                 .part = column.name,
                 .consider = "add the column without default, SET DEFAULT, then fill old rows in batches"});
}

void generated_column(const ActContext& c, Founds& out) {
  if (!adds_column(c) || !c.act.columns.front().generated) return;
  out.push_back({.message = "a stored generated column writes the whole table anew under ACCESS EXCLUSIVE",
                 .table = c.label(),
                 .part = c.act.column,
                 .consider = "a plain column kept by a trigger, or an index on the expression"});
}

void drops_not_null(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::DropNotNull || c.is_new()) return;
  out.push_back({.message = "may be null from now on: readers that never saw a null will",
                 .table = c.label(),
                 .part = c.act.column});
}

void int4_key(const TableContext& c, Founds& out) {
  for (const auto& key : c.table.keys) {
    if (key.kind != KeyKind::Primary || key.columns.size() != 1) continue;
    const ColumnSpec* column = c.table.column(key.columns.front());
    const bool counted = column && (column->serial || column->identity || column->has_default);
    if (counted && (column->type == "int4" || column->type == "int2"))
      out.push_back({.message = fmt::format("is a counting key of type {}: it ends at {}",
                                            column->type == "int4" ? "integer" : "smallint",
                                            column->type == "int4" ? "2,147,483,647" : "32,767"),
                     .table = c.table.name.text(),
                     .part = column->name,
                     .revision = column->origin.revision,
                     .where = column->origin.where});
  }
}

// A rule about the types of columns: the message where it is broken.
void each_column(const TableContext& c, Founds& out, std::string (*fault)(const ColumnSpec&)) {
  for (const auto& column : c.table.columns)
    if (std::string message = fault(column); !message.empty())
      out.push_back({.message = std::move(message),
                     .table = c.table.name.text(),
                     .part = column.name,
                     .revision = column.origin.revision,
                     .where = column.origin.where});
}

void serial(const TableContext& c, Founds& out) {
  each_column(c, out, [](const ColumnSpec& column) -> std::string {
    return column.serial ? "is serial: its sequence is an object of its own, with rights and an owner of its own" : "";
  });
}
void json(const TableContext& c, Founds& out) {
  each_column(c, out, [](const ColumnSpec& column) -> std::string {
    return column.type == "json" ? "is json: it has no equality, so DISTINCT, GROUP BY and UNION fail" : "";
  });
}
void char_type(const TableContext& c, Founds& out) {
  each_column(c, out, [](const ColumnSpec& column) -> std::string {
    return column.type == "bpchar" ? "is char: it is padded with blanks, which comparisons ignore and LIKE does not"
                                   : "";
  });
}
void money_type(const TableContext& c, Founds& out) {
  each_column(c, out, [](const ColumnSpec& column) -> std::string {
    return column.type == "money" ? "is money: what it means depends on lc_monetary, and it has no currency" : "";
  });
}
void varchar_limit(const TableContext& c, Founds& out) {
  each_column(c, out, [](const ColumnSpec& column) -> std::string {
    if (column.type != "varchar" || column.length.empty()) return "";
    return fmt::format("is varchar({}): a shorter limit later writes the table anew", column.length.front());
  });
}
void local_time(const TableContext& c, Founds& out) {
  each_column(c, out, [](const ColumnSpec& column) -> std::string {
    return column.type == "timestamp" || column.type == "timetz"
               ? "keeps a time that means another moment in every time zone"
               : "";
  });
}

}  // namespace

std::span<const Rule> column_rules() {
  static const Rule kRules[] = {
      {.id = "lint.column_type_rewrites",
       .title = "no column's type is changed so that the table is written anew",
       .why = "The new table is written beside the old one while nobody can read or write: minutes for each ten "
              "gigabytes, and twice the disk.",
       .instead = "Widen within a family (varchar(20) to varchar(40) or text; numeric with the same scale), or add a "
                  "column of the new type, keep both in step by a trigger, fill it in batches and swap.",
       .severity = Severity::Error,
       .weighed = true,
       .claim = Claim::Rewrite,
       .act = type_rewrites},
      {.id = "lint.not_null_scans",
       .title = "NOT NULL is proved before it is set",
       .why = "SET NOT NULL looks at every row under ACCESS EXCLUSIVE, unless a validated CHECK has proved it.",
       .instead =
           "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT in the next revision; SET "
           "NOT NULL; DROP CONSTRAINT.",
       .severity = Severity::Error,
       .weighed = true,
       .claim = Claim::Scan,
       .act = not_null_scans},
      {.id = "lint.required_column_without_default",
       .title = "a new NOT NULL column has a default",
       .why = "On a table with rows the statement fails; on the empty table of the developer it works.",
       .instead = "A constant default, which costs nothing since PostgreSQL 11; or a nullable column, filled, then NOT "
                  "NULL.",
       .severity = Severity::Error,
       .act = required_column},
      {.id = "lint.volatile_default_rewrites",
       .title = "a new column's default is the same for every row",
       .why =
           "A constant is kept once in the catalog. random(), gen_random_uuid() or a sequence have to be computed for "
           "each row: the whole table is written anew under ACCESS EXCLUSIVE.",
       .instead = "Add the column without a default, SET DEFAULT for new rows, fill old ones in batches.",
       .severity = Severity::Error,
       .weighed = true,
       .claim = Claim::Rewrite,
       .act = volatile_default},
      {.id = "lint.generated_column_rewrites",
       .title = "no stored generated column is added to a table in use",
       .why = "It is computed for every row at once: the table is written anew under ACCESS EXCLUSIVE.",
       .instead = "An index on the expression, a view, or a plain column with a trigger.",
       .severity = Severity::Error,
       .weighed = true,
       .claim = Claim::Rewrite,
       .act = generated_column},
      {.id = "lint.drops_not_null",
       .title = "a column that is NOT NULL stays so",
       .why = "Programs that read it were written for values; the release before this one still runs during the "
              "deployment.",
       .instead = "Deploy readers that bear a null first.",
       .severity = Severity::Note,
       .act = drops_not_null},
  };
  return kRules;
}

// Of the tables that come out of it.
std::span<const Rule> type_rules() {
  static const Rule kRules[] = {
      {.id = "lint.int4_key",
       .title = "counting keys are bigint",
       .why = "A sequence counts attempts, not rows: upserts and rolled back inserts use numbers up. Changing the type "
              "later writes the table and everything that refers to it anew.",
       .instead = "bigint GENERATED ALWAYS AS IDENTITY, or uuid.",
       .severity = Severity::Warning,
       .table = int4_key},
      {.id = "lint.serial",
       .title = "counting columns are identity columns",
       .why = "A serial's sequence needs grants of its own, its default can be dropped or pointed elsewhere, and "
              "anybody may insert what they like.",
       .instead = "GENERATED ALWAYS AS IDENTITY.",
       .severity = Severity::Warning,
       .table = serial},
      {.id = "lint.json_not_jsonb",
       .title = "JSON is kept as jsonb",
       .why = "json keeps the text: it has no equality operator and no index, and is parsed at each access.",
       .instead = "jsonb.",
       .severity = Severity::Warning,
       .table = json},
      {.id = "lint.char_type",
       .title = "texts are text",
       .why = "char(n) takes n characters whatever is in it, and trailing blanks come and go.",
       .instead = "text, with a CHECK on its length where that is meant.",
       .severity = Severity::Warning,
       .table = char_type},
      {.id = "lint.money_type",
       .title = "amounts are numeric",
       .why = "money is shown and read by the server's locale, so that a restored dump may mean other amounts.",
       .instead = "numeric, and the currency beside it.",
       .severity = Severity::Warning,
       .table = money_type},
      {.id = "lint.varchar_limit",
       .title = "a text's limit is a CHECK",
       .why = "A limit in the type can be widened cheaply but not narrowed, and says nothing about why.",
       .instead = "text with a CHECK constraint, which is added NOT VALID and validated beside the traffic.",
       .severity = Severity::Note,
       .table = varchar_limit},
      {.id = "lint.local_time",
       .title = "moments are timestamptz",
       .why = "timestamp keeps what a clock on some wall showed; which wall is lost.",
       .instead = "timestamptz. The clause schema.temporal_type judges the same on the live schema, ranges and domains "
                  "included.",
       .severity = Severity::Error,
       .table = local_time},
  };
  return kRules;
}

}  // namespace pgcontract::lint
