#include "fleet/message.hpp"

#include <fmt/format.h>

#include "model/observation.hpp"

namespace pgcontract::fleet {
namespace {

constexpr std::string_view kGuard = "pgcontract: the version rows are ";

class Writer {
 public:
  void add(std::string_view text, int statement = -1) {
    message_.text.append(text).append(";\n");
    message_.statements.push_back(statement);
  }
  Message finish() && { return std::move(message_); }

 private:
  Message message_;
};

bool moves_rows(const Part& part) {
  for (const auto& statement : part.statements)
    if (statement.of_rows) return true;
  return false;
}

}  // namespace

// As Alembic makes it, in its own words but for the schema.
std::string create_version_table(const std::string& table, const Setting& setting) {
  return fmt::format(
      "CREATE TABLE {} (version_num pg_catalog.varchar(32) NOT NULL, CONSTRAINT {} PRIMARY KEY (version_num))", table,
      quoted(setting.version_table + "_pkc"));
}

std::string qualified_table(const FleetSchema& schema, const Setting& setting) {
  return fmt::format("{}.{}", quoted(schema.name), quoted(setting.version_table));
}

std::string guard(const std::string& table, const std::vector<std::string>& rows) {
  const std::string wanted = quoted_literal(fmt::format("{}", fmt::join(rows, ",")));
  // The usual case, in a statement that takes half the time to plan: no row is NULL, two are an error of their own.
  // concat() is not immutable: a cast of a constant would be tried, and fail, when the statement is planned.
  if (rows.size() == 1)
    return fmt::format(
        "SELECT CASE WHEN (SELECT t.version_num FROM ONLY {} AS t FOR UPDATE) OPERATOR(pg_catalog.=) {} THEN 0 ELSE "
        "pg_catalog.concat('{}others')::pg_catalog.int4 END",
        table, wanted, kGuard);
  return fmt::format(
      "SELECT CASE WHEN r.rows OPERATOR(pg_catalog.=) {} THEN 0 ELSE pg_catalog.concat('{}', r.rows)"
      "::pg_catalog.int4 END FROM (SELECT COALESCE(pg_catalog.string_agg(v.id, ',' ORDER BY v.id COLLATE "
      "pg_catalog.\"C\"), '') AS rows FROM (SELECT t.version_num::pg_catalog.text AS id FROM ONLY {} AS t FOR UPDATE) "
      "AS v) AS r",
      wanted, kGuard, table);
}

bool is_guard_failure(const Error& error) {
  if (error.sqlstate == "21000") return error.message.find("more than one row") != std::string::npos;
  return error.sqlstate == "22P02" && error.message.find(kGuard) != std::string::npos;
}

std::string enter_schema(const FleetSchema& schema, const Setting& setting) {
  return fmt::format("SET search_path = {}; SET lock_timeout = {}{}", quoted(schema.name), setting.lock_timeout_ms,
                     setting.owner.empty() ? "" : "; SET ROLE " + quoted(setting.owner));
}

std::string part_mark(const Part& part, std::size_t number) {
  return fmt::format("part {} of {}", number + 1, part.revisions.empty() ? "" : part.revisions.back());
}

Message transaction_message(const Script& script, std::size_t number, const FleetSchema& schema, const Setting& setting,
                            int step, bool hold) {
  const Part& part = script.parts[number];
  const std::string table = qualified_table(schema, setting);
  Writer writer;
  if (script.resets_session) {
    writer.add("RESET ROLE");
    writer.add("RESET ALL");
  }
  writer.add("BEGIN");
  writer.add("SET LOCAL search_path = " + quoted(schema.name));
  if (!setting.owner.empty()) writer.add("SET LOCAL ROLE " + quoted(setting.owner));
  if (number == 0 && !schema.has_table) {
    writer.add(create_version_table(table, setting));
    if (!schema.role.empty()) writer.add(fmt::format("REVOKE ALL ON TABLE {} FROM {}", table, quoted(schema.role)));
  } else {
    // Rows that are not there cannot be locked: where there are none the table is.
    if (part.rows_before.empty()) writer.add(fmt::format("LOCK TABLE ONLY {} IN SHARE ROW EXCLUSIVE MODE", table));
    writer.add(guard(table, part.rows_before));
  }
  for (std::size_t i = 0; i < part.statements.size(); ++i)
    writer.add(text_for(part.statements[i], table), static_cast<int>(i));
  if (!setting.job.empty() && !moves_rows(part)) {
    writer.add("RESET ROLE");
    writer.add(
        fmt::format("UPDATE pgcontract.job_step SET object = pg_catalog.concat(object, {}) WHERE job "
                    "OPERATOR(pg_catalog.=) {} AND number OPERATOR(pg_catalog.=) {}",
                    quoted_literal(fmt::format(" ({})", part_mark(part, number))), quoted_literal(setting.job), step));
  }
  if (!hold) writer.add("COMMIT");
  return std::move(writer).finish();
}

}  // namespace pgcontract::fleet
