#pragma once
// SQL text cut into statements where psql would cut it (PostgreSQL's psqlscan.l): strings, dollar quotes, nested
// comments and the bodies of SQL-standard functions keep their semicolons. Views point into the text. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pgcontract::alembic {

struct SqlStatement {
  std::string_view text;           // with comments inside and before it, without the final semicolon
  std::vector<std::string> words;  // its first bare words in lower case, outside of parentheses; at most kSqlWords
  std::vector<std::string_view> markers;  // the "-- Running …" lines between it and the statement before
  int line = 0;                           // of the first word; counts from 1
};
inline constexpr std::size_t kSqlWords = 64;

struct SqlScript {
  std::vector<SqlStatement> statements;
  std::vector<std::string_view> last_markers;  // those after the last statement
};

// What is not SQL for the server is an error: psql's backslash commands, a string, comment or statement without end.
// Errors name "rendered sql:LINE".
Result<SqlScript> split_sql(std::string_view sql);

}  // namespace pgcontract::alembic
