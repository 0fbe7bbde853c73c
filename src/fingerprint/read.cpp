#include "fingerprint/read.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fingerprint/assembly.hpp"
#include "fingerprint/catalog.hpp"
#include "model/observation.hpp"

namespace pgcontract::fingerprint {
namespace {

using postgres::Connection;

// Planning a UNION ALL takes time that grows with the square of its branches (see observe/observe.cpp).
constexpr std::size_t kVersionTablesPerStatement = 100;

std::string oid_list(const std::vector<Oid>& oids) {
  return fmt::format("'{{{}}}'::pg_catalog.oid[]", fmt::join(oids, ","));
}

Result<void> copy(Connection& connection, const std::string& select, const std::string& what,
                  const std::function<void(std::string_view)>& on_line) {
  const auto copied = connection.copy_out(fmt::format("COPY ({}) TO STDOUT", select), on_line);
  if (!copied) return with_context(copied.error(), "reading the fingerprint: " + what);
  return {};
}

// The same for a short list, field by field.
Result<void> copy_rows(Connection& connection, const std::string& select, const std::string& what,
                       const std::function<void(observe::CopyRow&)>& on_row) {
  std::string kept;
  return copy(connection, select, what, [&](std::string_view line) {
    kept = line;
    if (kept.ends_with('\n')) kept.pop_back();
    observe::CopyRow row(kept.data(), kept.size());
    on_row(row);
  });
}

Result<std::map<std::string, Oid>> read_schemas(Connection& connection, const std::vector<Wanted>& wanted) {
  std::map<std::string, Oid> oids;
  for (const auto& schema : wanted) oids.emplace(schema.schema, 0);
  PGC_CHECK(copy_rows(connection, query_text("namespaces", connection.server_version()), "schemas",
                      [&](observe::CopyRow& row) {
                        const Oid oid = row.oid();
                        if (const auto at = oids.find(std::string(row.text())); at != oids.end()) at->second = oid;
                      }));
  return oids;
}

Result<void> deparse(Connection& connection, Assembly& assembly) {
  std::map<std::pair<char, Oid>, Assembly::Expression*> wanted;
  std::string select = query_text("deparsed", connection.server_version());
  for (auto& expression : assembly.expressions()) wanted[{expression.source, expression.oid}] = &expression;
  if (wanted.empty()) return {};
  for (const char source : {'c', 'x', 'p', 'u', 'w', 'g'}) {
    std::vector<Oid> oids;
    for (const auto& [key, expression] : wanted)
      if (key.first == source) oids.push_back(key.second);
    select = with_place(std::move(select), fmt::format("{{{}}}", source), oid_list(oids));
  }
  PGC_CHECK(copy_rows(connection, select, "expressions", [&](observe::CopyRow& row) {
    const char source = row.letter();
    const auto at = wanted.find({source, row.oid()});
    if (at != wanted.end()) at->second->text = row.text();
  }));
  for (const auto& [key, expression] : wanted)
    if (expression->text.empty())
      return fail(ErrorCode::Conflict, "the catalog changed while it was read: an expression is gone",
                  "Run the command again when nothing else changes the schemas.");
  return {};
}

Result<void> read_catalog(Connection& connection, const std::vector<Oid>& schemas, Assembly& assembly) {
  const int version = connection.server_version();
  const std::string list = oid_list(schemas);
  for (const auto& [file, reading] :
       {std::pair{"opclasses_named", Reading::Opclasses}, std::pair{"collations_named", Reading::Collations}})
    PGC_CHECK(copy_rows(connection, query_text(file, version), file, [&](observe::CopyRow& row) {
      const Oid oid = row.oid();
      assembly.add_named(reading, oid, row.text());
    }));
  PGC_CHECK(copy_rows(connection, with_place(query_text("referenced_columns", version), "{schemas}", list),
                      "referenced columns", [&](observe::CopyRow& row) {
                        const Oid relation = row.oid();
                        const int number = row.number<int>();
                        assembly.add_column(relation, number, row.text(), "");
                      }));
  for (const auto& query : catalog_queries(version, list)) {
    PGC_CHECK(copy(connection, query.sql, query.file, [&](std::string_view line) { assembly.add_row(query, line); }));
    if (query.file == "columns") assembly.close_columns();
  }
  return deparse(connection, assembly);
}

// ONLY and kind 'r': somebody could hang a child table under it. A savepoint for each statement gives its locks back.
Result<void> read_heads(Connection& connection, const std::string& table, const std::map<std::string, Oid>& oids,
                        std::vector<SchemaFingerprint>& fingerprints) {
  std::map<Oid, SchemaFingerprint*> by_oid;
  std::vector<Oid> schemas;
  for (auto& fingerprint : fingerprints) {
    if (!fingerprint.present) continue;
    schemas.push_back(oids.at(fingerprint.schema));
    by_oid[schemas.back()] = &fingerprint;
  }
  std::vector<SchemaFingerprint*> with_table;
  const std::string select =
      with_place(with_place(query_text("version_tables", connection.server_version()), "{schemas}", oid_list(schemas)),
                 "{table}", quoted_literal(table));
  PGC_CHECK(copy_rows(connection, select, "version tables",
                      [&](observe::CopyRow& row) { with_table.push_back(by_oid.at(row.oid())); }));
  for (std::size_t first = 0; first < with_table.size(); first += kVersionTablesPerStatement) {
    std::string rows;
    const std::size_t last = std::min(first + kVersionTablesPerStatement, with_table.size());
    for (std::size_t i = first; i < last; ++i)
      rows += fmt::format("{}SELECT {}, v.version_num::pg_catalog.text FROM ONLY {}.{} AS v",
                          i == first ? "" : " UNION ALL ", i, quoted(with_table[i]->schema), quoted(table));
    PGC_CHECK(connection.execute("SAVEPOINT heads"));
    PGC_CHECK(copy_rows(connection, rows, table, [&](observe::CopyRow& row) {
      const auto at = row.number<std::size_t>();
      with_table[at]->heads.emplace_back(row.text());
    }));
    PGC_CHECK(connection.execute("ROLLBACK TO SAVEPOINT heads; RELEASE SAVEPOINT heads"));
  }
  for (auto* fingerprint : with_table) {
    fingerprint->has_version_table = true;
    std::ranges::sort(fingerprint->heads);
  }
  return {};
}

Result<std::vector<SchemaFingerprint>> read_all(Connection& connection, const std::vector<Wanted>& wanted,
                                                const ReadOptions& options) {
  PGC_TRY(const auto oids, read_schemas(connection, wanted));
  Assembly assembly(connection.server_version());
  std::vector<Oid> present;
  for (const auto& schema : wanted) {
    const Oid oid = oids.at(schema.schema);
    if (oid != 0) present.push_back(oid);
    OwnNames::Words words;
    for (const auto& own : schema.own)
      if (!own.word.empty()) words.emplace_back(own.word, own.token);
    assembly.add_schema(oid, schema.schema, OwnNames(schema.schema, std::move(words)));
  }
  if (!present.empty()) PGC_CHECK(read_catalog(connection, present, assembly));
  std::vector<SchemaFingerprint> fingerprints = assembly.finish();
  if (!options.version_table.empty() && !present.empty())
    PGC_CHECK(read_heads(connection, options.version_table, oids, fingerprints));
  return fingerprints;
}

}  // namespace

Result<std::vector<SchemaFingerprint>> read_fingerprints(Connection& connection, const std::vector<Wanted>& wanted,
                                                         const ReadOptions& options) {
  const bool own_transaction = !connection.in_transaction();
  PGC_CHECK(connection.execute(own_transaction ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                               : "SAVEPOINT fingerprint"));
  // What is not on the path is deparsed with its schema. A policy would run somebody's code, or hide rows: refused.
  auto read = connection.execute(
      "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL row_security = off; "
      "SET LOCAL quote_all_identifiers = off");
  Result<std::vector<SchemaFingerprint>> fingerprints =
      read ? read_all(connection, wanted, options) : tl::unexpected(read.error());
  if (connection.is_lost()) return fingerprints;
  PGC_CHECK(connection.execute(own_transaction ? "ROLLBACK"
                                               : "ROLLBACK TO SAVEPOINT fingerprint; RELEASE SAVEPOINT fingerprint"));
  return fingerprints;
}

}  // namespace pgcontract::fingerprint
