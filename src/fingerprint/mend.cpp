#include "fingerprint/mend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fingerprint/canonical.hpp"
#include "fingerprint/catalog.hpp"
#include "model/observation.hpp"

namespace pgcontract::fingerprint {
namespace {

using Statements = std::vector<std::string>;

// "reports.\"a.b\"" → its parts, still quoted; the last is the object's own name.
std::pair<std::string, std::string> table_and_name(const std::string& object) {
  bool quoted_part = false;
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (object[i] == '"') quoted_part = !quoted_part;
    if (object[i] == '.' && !quoted_part) return {object.substr(0, i), object.substr(i + 1)};
  }
  return {"", object};
}

std::string unquoted(std::string text) {
  if (!text.starts_with('"')) return text;
  text = text.substr(1, text.size() - 2);
  for (std::size_t at = text.find("\"\""); at != std::string::npos; at = text.find("\"\"", at + 1)) text.erase(at, 1);
  return text;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// What a difference is about, in the words of a statement.
struct Target {
  const Difference& is;
  std::string schema;  // quoted
  std::string table;   // "s.reports"
  std::string part;    // "title"
  const std::string& make;

  bool whole() const { return is.attribute.empty(); }
  bool missing() const { return whole() && is.expected.has_value(); }
  bool extra() const { return whole() && is.found.has_value(); }
  const std::string& attribute() const { return is.attribute; }
};

Statements comment(const Target& target, std::string_view on) {
  return {fmt::format("COMMENT ON {} IS {}", on, target.is.expected ? quoted_literal(*target.is.expected) : "NULL")};
}

// "fillfactor=80, toast_tuple_target=200" on both sides.
Statements options(const Target& target, const std::string& alter, const std::string& prefix) {
  const auto list = [](const std::optional<std::string>& text) {
    Statements items;
    for (std::string_view rest = text ? std::string_view(*text) : ""; !rest.empty();) {
      const auto comma = rest.find(", ");
      items.emplace_back(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 2);
    }
    return items;
  };
  const auto name = [](const std::string& item) { return item.substr(0, item.find('=')); };
  const Statements expected = list(target.is.expected);
  Statements statements;
  for (const auto& item : list(target.is.found))
    if (std::ranges::none_of(expected, [&](const auto& other) { return name(other) == name(item); }))
      statements.push_back(fmt::format("{} RESET ({}{})", alter, prefix, name(item)));
  for (const auto& item : expected) statements.push_back(fmt::format("{} SET ({}{})", alter, prefix, item));
  return statements;
}

// The server may refuse them, but what they do is what is wanted.
Statements column(const Target& target) {
  const std::string alter = fmt::format("ALTER TABLE {} ALTER COLUMN {} ", target.table, target.part);
  const auto& expected = target.is.expected;
  const std::string value = expected.value_or("");
  if (target.attribute() == "default") return {alter + (expected ? "SET DEFAULT " + value : "DROP DEFAULT")};
  if (target.attribute() == "not null") return {alter + (expected ? "SET NOT NULL" : "DROP NOT NULL")};
  if (target.attribute() == "statistics target") return {alter + "SET STATISTICS " + expected.value_or("-1")};
  if (target.attribute() == "compression") return {alter + "SET COMPRESSION " + expected.value_or("default")};
  if (target.attribute() == "storage" && expected) return {alter + "SET STORAGE " + value};
  if (target.attribute() == "identity" && expected && target.is.found)
    return {alter + "SET GENERATED " + (value == "always" ? "ALWAYS" : "BY DEFAULT")};
  if (target.attribute() == "options") return options(target, alter, "");
  if (target.attribute() == "comment") return comment(target, fmt::format("COLUMN {}.{}", target.table, target.part));
  return {};
}

Statements table(const Target& target) {
  const std::string name = target.schema + "." + target.is.object;
  const std::string alter = fmt::format("ALTER {} {} ",
                                        target.is.kind == "view"                ? "VIEW"
                                        : target.is.kind == "materialized view" ? "MATERIALIZED VIEW"
                                        : target.is.kind == "sequence"          ? "SEQUENCE"
                                        : target.is.kind == "foreign table"     ? "FOREIGN TABLE"
                                                                                : "TABLE",
                                        name);
  const auto& expected = target.is.expected;
  if (target.attribute() == "row security")
    return {alter + (expected ? "ENABLE ROW LEVEL SECURITY" : "DISABLE ROW LEVEL SECURITY")};
  if (target.attribute() == "row security forced")
    return {alter + (expected ? "FORCE ROW LEVEL SECURITY" : "NO FORCE ROW LEVEL SECURITY")};
  if (target.attribute() == "owner" && expected) return {alter + "OWNER TO " + quoted(*expected)};
  if (target.attribute() == "persistence" && target.is.kind == "table")
    return {alter + (expected == "unlogged" ? "SET UNLOGGED" : "SET LOGGED")};
  if (target.attribute() == "replica identity" && expected != "index")
    return {alter + "REPLICA IDENTITY " + (!expected ? "DEFAULT" : *expected == "full" ? "FULL" : "NOTHING")};
  if (target.attribute() == "options") return options(target, alter, "");
  if (target.attribute() == "toast options") return options(target, alter, "toast.");
  if (target.attribute() == "tablespace") return {alter + "SET TABLESPACE " + quoted(expected.value_or("pg_default"))};
  if (target.attribute() == "comment") return comment(target, alter.substr(6, alter.size() - 7));
  return {};
}

// Kinds that hold no rows: one that is too many is dropped, one that differs is made anew.
Statements remade(const Target& target, const std::string& drop) {
  if (target.extra()) return {drop};
  if (target.make.empty()) return {};
  if (target.missing()) return {target.make};
  return {drop, target.make};
}

Statements index(const Target& target) {
  const std::string name = target.schema + "." + target.is.object;
  if (target.attribute() == "invalid" && target.is.found) return {"REINDEX INDEX " + name};
  if (is_one_of(target.attribute(), {"not ready", "not live"}) && target.is.found)
    return remade(target, "DROP INDEX " + name);
  if (target.attribute() == "options") return options(target, fmt::format("ALTER INDEX {} ", name), "");
  if (target.attribute() == "tablespace")
    return {fmt::format("ALTER INDEX {} SET TABLESPACE {}", name, quoted(target.is.expected.value_or("pg_default")))};
  if (target.attribute() == "comment") return comment(target, "INDEX " + name);
  if (is_one_of(target.attribute(), {"clustered", "replica identity", "primary", "exclusion", "deferrable"})) return {};
  return remade(target, "DROP INDEX " + name);
}

Statements constraint(const Target& target) {
  const std::string alter = "ALTER TABLE " + target.table;
  if (target.attribute() == "not validated" && target.is.found)
    return {fmt::format("{} VALIDATE CONSTRAINT {}", alter, target.part)};
  if (target.attribute() == "comment")
    return comment(target, fmt::format("CONSTRAINT {} ON {}", target.part, target.table));
  if (is_one_of(target.attribute(), {"inherited from", "not local"})) return {};
  return remade(target, fmt::format("{} DROP CONSTRAINT {}", alter, target.part));
}

// Triggers and rules.
Statements reaction(const Target& target, std::string_view word) {
  if (target.attribute() == "enabled" && target.is.expected) {
    const std::string& state = *target.is.expected;
    return {fmt::format("ALTER TABLE {} {} {} {}", target.table,
                        state == "disabled"  ? "DISABLE"
                        : state == "always"  ? "ENABLE ALWAYS"
                        : state == "replica" ? "ENABLE REPLICA"
                                             : "ENABLE",
                        word, target.part)};
  }
  if (target.attribute() == "comment")
    return comment(target, fmt::format("{} {} ON {}", word, target.part, target.table));
  return remade(target, fmt::format("DROP {} {} ON {}", word, target.part, target.table));
}

Statements function(const Target& target) {
  const std::string name = fmt::format("{} {}.{}", target.is.kind == "procedure" ? "PROCEDURE" : "FUNCTION",
                                       target.schema, target.is.object);
  if (target.attribute() == "owner" && target.is.expected)
    return {fmt::format("ALTER {} OWNER TO {}", name, quoted(*target.is.expected))};
  if (target.attribute() == "comment") return comment(target, name);
  if (is_one_of(target.attribute(), {"privileges", "result", "transforms"})) return {};
  // A new one would be of whoever runs this; one that is replaced keeps its owner and its privileges.
  if (target.whole() || target.make.empty()) return {};
  return {target.make};
}

Statements sequence_values(const Target& target) {
  const std::string alter = fmt::format("ALTER SEQUENCE {}.{} ", target.schema, target.is.object);
  const std::string value = target.is.expected.value_or("");
  if (target.attribute() == "cycle") return {alter + (value.empty() ? "NO CYCLE" : "CYCLE")};
  if (target.attribute() == "owned by") return {alter + "OWNED BY " + (value.empty() ? "NONE" : value)};
  if (value.empty()) return {};
  for (const auto& [attribute, word] :
       {std::pair{"start", "START "}, std::pair{"increment", "INCREMENT "}, std::pair{"maximum", "MAXVALUE "},
        std::pair{"minimum", "MINVALUE "}, std::pair{"cache", "CACHE "}, std::pair{"type", "AS "}})
    if (target.attribute() == attribute) return {alter + word + value};
  return {};
}

Statements schema_itself(const Target& target) {
  if (target.attribute() == "owner" && target.is.expected)
    return {fmt::format("ALTER SCHEMA {} OWNER TO {}", target.schema, quoted(*target.is.expected))};
  if (target.attribute() == "comment") return comment(target, "SCHEMA " + target.schema);
  return {};
}

Statements statements_for(const Target& target) {
  const std::string& kind = target.is.kind;
  if (kind == "column" && !target.whole()) return column(target);
  if (is_one_of(kind, {"table", "partitioned table", "view", "materialized view", "sequence", "foreign table"}) &&
      !target.whole())
    return table(target);
  if (kind == "index") return index(target);
  if (kind == "constraint") return constraint(target);
  if (kind == "trigger") return reaction(target, "TRIGGER");
  if (kind == "rule") return reaction(target, "RULE");
  if (kind == "policy" && target.extra()) return {fmt::format("DROP POLICY {} ON {}", target.part, target.table)};
  if (kind == "view definition" && !target.make.empty()) return {target.make};
  if (kind == "function" || kind == "procedure") return function(target);
  if (kind == "sequence values" && !target.whole()) return sequence_values(target);
  if (kind == "statistics" && target.extra())
    return {fmt::format("DROP STATISTICS {}.{}", target.schema, target.is.object)};
  if (kind == "schema") return schema_itself(target);
  return {};
}

std::string reason_against(const Difference& difference) {
  if (difference.attribute.empty() && difference.found &&
      is_one_of(difference.kind, {"table", "column", "partitioned table"}))
    return "dropping it would lose its rows";
  if (difference.attribute.empty() && difference.expected && is_one_of(difference.kind, {"table", "column"}))
    return "its migration makes it, and may fill it";
  if (difference.attribute == "type") return "a new type rewrites the rows, and how they are cast is a decision";
  if (difference.attribute == "order") return "columns are in another order only in a new table";
  if (difference.kind == "constraint trigger")
    return "ALTER TABLE … ENABLE TRIGGER ALL enables every other trigger too";
  return "it depends on what else is there";
}

std::string with_words(std::string text, const Wanted& words) {
  text = with_place(std::move(text), "{schema}.", quoted(words.schema) + ".");
  for (const auto& own : words.own) text = with_place(std::move(text), own.token, own.word);
  return text;
}

// What makes an object anew mends all its differences: a second statement would be refused, or do it twice.
void keep_one_mend(std::vector<Difference>& differences) {
  for (auto& one : differences) {
    for (const auto& other : differences) {
      const bool same = &one != &other && one.kind == other.kind && one.object == other.object;
      const bool anew = other.mend.size() > 1 || (!other.mend.empty() && other.mend == one.mend);
      if (!same || !anew || one.mend.empty() || (one.mend == other.mend && &one < &other)) continue;
      one.mend.clear();
      one.no_mend = kMendedToo;
      break;
    }
  }
}

// What makes the object in the reference, with its own words as tokens.
Result<std::string> definition(postgres::Connection& connection, const Wanted& reference, const OwnNames& own,
                               const Difference& difference) {
  if (!is_one_of(difference.kind,
                 {"index", "constraint", "trigger", "rule", "view definition", "function", "procedure"}))
    return std::string();
  const bool as_is = difference.kind == "function" || difference.kind == "procedure";
  const auto [table, name] = as_is ? std::pair(std::string(), difference.object) : table_and_name(difference.object);
  PGC_TRY(const auto rows,
          connection.query(query_text("definition", connection.server_version()),
                           {reference.schema, difference.kind, unquoted(table), as_is ? name : unquoted(name)}));
  return rows.size() == 1 ? own.replace(rows.at(0, 0)) : std::string();
}

}  // namespace

void mend(Difference& difference, const std::string& schema, const std::string& make) {
  const auto [table, part] = table_and_name(difference.object);
  const Target target{difference, quoted(schema), quoted(schema) + "." + table, part, make};
  difference.mend = statements_for(target);
  if (difference.mend.empty()) difference.no_mend = reason_against(difference);
}

Result<void> add_mends(postgres::Connection& connection, const Wanted& reference,
                       const std::function<Wanted(const std::string& schema)>& words_of, DriftSet& set) {
  OwnNames::Words words;
  for (const auto& own : reference.own) words.emplace_back(own.word, own.token);
  const OwnNames own(reference.schema, std::move(words));
  for (auto& group : set.groups) {
    const Wanted odd = words_of(group.schemas.front());
    for (auto& difference : group.differences) {
      PGC_TRY(const std::string make, definition(connection, reference, own, difference));
      Difference concrete = difference;
      if (concrete.expected) concrete.expected = with_words(*concrete.expected, odd);
      mend(concrete, odd.schema, with_words(make, odd));
      difference.mend = std::move(concrete.mend);
      difference.no_mend = std::move(concrete.no_mend);
    }
    keep_one_mend(group.differences);
  }
  return {};
}

}  // namespace pgcontract::fingerprint
