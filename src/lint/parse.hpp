#pragma once
// SQL text into statements, with the server's own grammar (libpg_query). Pure; any thread.

#include <string>

#include "lint/statement.hpp"

namespace pgcontract::lint {

// One statement, without or with its semicolon. What the grammar does not know (it is that of PostgreSQL 15) is "not
// analysed", with the parser's words: never a failure, since a newer server may well know it.
Statement parse_statement(const std::string& text);

}  // namespace pgcontract::lint
