#include "fleet/message.hpp"

#include <fmt/format.h>

#include "model/observation.hpp"

namespace pgcontract::fleet {
namespace {

constexpr std::string_view kGuard = "pgcontract: the version rows are ";
constexpr std::string_view kMarked = "pgcontract: the part is done";

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

std::string this_step(const Setting& setting, int step) {
  return fmt::format("job OPERATOR(pg_catalog.=) {} AND number OPERATOR(pg_catalog.=) {}", quoted_literal(setting.job),
                     step);
}

std::vector<std::string> make_table(const FleetSchema& schema, const Setting& setting) {
  const std::string table = qualified_table(schema, setting);
  std::vector<std::string> out = {create_version_table(table, setting)};
  if (!schema.role.empty()) out.push_back(fmt::format("REVOKE ALL ON TABLE {} FROM {}", table, quoted(schema.role)));
  return out;
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
  if (error.sqlstate == "21000") return true;  // of one row, more
  return error.sqlstate == "22P02" && error.message.find(kGuard) != std::string::npos;
}

std::string enter_schema(const FleetSchema& schema, const Setting& setting) {
  return fmt::format("SET search_path = {}; SET lock_timeout = {}{}", quoted(schema.name), setting.lock_timeout_ms,
                     setting.owner.empty() ? "" : "; SET ROLE " + quoted(setting.owner));
}

std::string mark_update(const std::string& mark, const std::string& table, const Setting& setting, int step) {
  std::string object = "pg_catalog.regexp_replace(object, ' [(]part [^)]*[)]$', '')";
  if (!mark.empty())
    object = fmt::format("pg_catalog.concat({}, {}, {}, ')')", object, quoted_literal(fmt::format(" ({} at ", mark)),
                         rows_identity(table));
  return fmt::format("UPDATE pgcontract.job_step SET object = {} WHERE {}", object, this_step(setting, step));
}

std::string mark_guard(const std::string& mark, const Setting& setting, int step) {
  return fmt::format(
      "SELECT CASE WHEN pg_catalog.strpos(object, {}) OPERATOR(pg_catalog.=) 0 THEN 0 ELSE pg_catalog.concat('{}')"
      "::pg_catalog.int4 END FROM pgcontract.job_step WHERE {} FOR UPDATE",
      quoted_literal(fmt::format("({} at ", mark)), kMarked, this_step(setting, step));
}

bool is_mark_failure(const Error& error) {
  return error.sqlstate == "22P02" && error.message.find(kMarked) != std::string::npos;
}

std::string revision_of_mark(const std::string& mark) {
  const auto begin = mark.find(' ') + 1;
  return mark.substr(begin, mark.rfind(' ') - begin);
}

Message marked_statement(const Part& part, std::size_t number, const FleetSchema& schema, const Setting& setting,
                         int step) {
  const std::string table = qualified_table(schema, setting);
  const Statement& statement = part.statements[number];
  Writer writer;
  // SET ROLE and not SET LOCAL: the session's goes on behind the COMMIT.
  const auto enter = [&] {
    if (!setting.owner.empty()) writer.add("SET ROLE " + quoted(setting.owner));
  };
  writer.add("BEGIN");
  writer.add("RESET ROLE");
  writer.add(mark_guard(statement.mark, setting, step));
  enter();
  writer.add(guard(table, part.rows_before));
  writer.add(text_for(statement, table, schema.tenant), static_cast<int>(number));
  writer.add("RESET ROLE");
  writer.add(mark_update(statement.mark, table, setting, step));
  enter();
  writer.add("COMMIT");
  return std::move(writer).finish();
}

std::string table_message(const FleetSchema& schema, const Setting& setting) {
  std::string text = "BEGIN;\n";
  if (!setting.owner.empty()) text += "SET LOCAL ROLE " + quoted(setting.owner) + ";\n";
  for (const auto& statement : make_table(schema, setting)) text += statement + ";\n";
  return text + "COMMIT;\n";
}

// A row that moves was written by another transaction. Where there never was a row, the table's file is empty.
std::string rows_identity(const std::string& table) {
  return fmt::format(
      "(SELECT COALESCE(pg_catalog.string_agg(t.xmin::pg_catalog.text, ' ' ORDER BY t.version_num), "
      "pg_catalog.concat('size ', pg_catalog.pg_relation_size({}))) FROM ONLY {} AS t)",
      quoted_literal(table) + "::pg_catalog.regclass", table);
}

bool is_identity(std::string_view identity) {
  return !identity.empty() && (!identity.starts_with("size ") || identity == "size 0");
}

std::vector<std::string_view> commit_statements(const Script& script) {
  if (!script.resets_session) return {"COMMIT"};
  return {"COMMIT", "RESET ROLE", "RESET ALL"};
}

Message transaction_message(const Script& script, std::size_t number, const FleetSchema& schema, const Setting& setting,
                            int step, bool hold) {
  const Part& part = script.parts[number];
  const std::string table = qualified_table(schema, setting);
  Writer writer;
  const std::string mark = setting.job.empty() ? "" : mark_of(part);
  writer.add("BEGIN");
  if (!mark.empty()) writer.add(mark_guard(mark, setting, step));
  writer.add("SET LOCAL search_path = " + quoted(schema.name));
  if (!setting.owner.empty()) writer.add("SET LOCAL ROLE " + quoted(setting.owner));
  if (number == 0 && !schema.has_table) {
    for (const auto& statement : make_table(schema, setting)) writer.add(statement);
  } else {
    // Rows that are not there cannot be locked: where there are none the table is.
    if (part.rows_before.empty()) writer.add(fmt::format("LOCK TABLE ONLY {} IN SHARE ROW EXCLUSIVE MODE", table));
    writer.add(guard(table, part.rows_before));
  }
  for (std::size_t i = 0; i < part.statements.size(); ++i)
    writer.add(text_for(part.statements[i], table, schema.tenant), static_cast<int>(i));
  if (!mark.empty()) {
    writer.add("RESET ROLE");
    writer.add(mark_update(mark, table, setting, step));
    // Deferred triggers fire at COMMIT, and are not to be ours.
    if (!setting.owner.empty()) writer.add("SET LOCAL ROLE " + quoted(setting.owner));
  }
  if (!hold)
    for (const auto statement : commit_statements(script)) writer.add(statement);
  return std::move(writer).finish();
}

}  // namespace pgcontract::fleet
