#include "fleet/doubt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "alembic/python_token.hpp"

namespace pgcontract::fleet {
namespace {

using alembic::PythonToken;
using Kind = PythonToken::Kind;
using Tokens = std::vector<PythonToken>;

constexpr std::array<std::string_view, 11> kOwnValues = {"uuid1",  "uuid4", "secrets", "random", "urandom", "now",
                                                         "utcnow", "today", "environ", "getenv", "getpid"};
// Rendered without Python's column defaults.
constexpr std::array<std::string_view, 3> kWithDefaults = {"bulk_insert", "insert", "update"};
constexpr std::array<std::string_view, 2> kAskOffline = {"is_offline_mode", "as_sql"};
constexpr std::array<std::string_view, 4> kReadFiles = {"open", "read_text", "read_bytes", "get_data"};
constexpr std::array<std::string_view, 9> kHarmless = {
    "alembic", "sqlalchemy", "typing", "__future__", "collections", "functools", "itertools", "textwrap", "re"};

bool among(const auto& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

bool is(const Tokens& tokens, std::size_t i, std::string_view spelling) {
  return i < tokens.size() && tokens[i].is(spelling);
}

// func.now() is the server's.
bool is_of_server(const Tokens& tokens, std::size_t i) {
  return i >= 2 && tokens[i - 1].is(".") && tokens[i - 2].is("func");
}

std::optional<Doubt> doubt_of_name(const Tokens& tokens, std::size_t i) {
  const std::string& name = tokens[i].text;
  if (is_of_server(tokens, i)) return std::nullopt;
  const bool called = is(tokens, i + 1, "(");
  const bool clock = name == "time" && is(tokens, i + 1, ".") && is(tokens, i + 2, "time");
  if (among(kOwnValues, name) || clock)
    return Doubt{fmt::format("it makes values of its own each time it runs ({}, line {})", name, tokens[i].line), true};
  if (called && among(kWithDefaults, name))
    return Doubt{fmt::format("{}() is rendered without the columns' Python defaults (line {})", name, tokens[i].line)};
  if (among(kAskOffline, name))
    return Doubt{fmt::format("it does something else offline ({}, line {})", name, tokens[i].line)};
  if (called && among(kReadFiles, name))
    return Doubt{fmt::format("it reads a file, and --sql prints blanks for tabs ({}, line {})", name, tokens[i].line)};
  return std::nullopt;
}

std::optional<Doubt> doubt_of_source_in(std::string_view python, int depth);

// Of an f-string the expressions are code too.
std::optional<Doubt> doubt_of_string(const PythonToken& token, int depth) {
  const bool tab = token.text.find('\t') != std::string::npos ||
                   (token.kind == Kind::OtherString && token.text.find("\\t") != std::string::npos);
  if (tab) return Doubt{fmt::format("--sql prints blanks for the tab in the string of line {}", token.line)};
  if (token.kind != Kind::OtherString) return std::nullopt;
  for (auto open = token.text.find('{'); open != std::string::npos; open = token.text.find('{', open + 1)) {
    const auto close = std::min(token.text.find('}', open), token.text.size());
    if (auto doubt = doubt_of_source_in(std::string_view(token.text).substr(open + 1, close - open - 1), depth + 1))
      return doubt;
  }
  return std::nullopt;
}

// A call of .execute() that is a statement by itself answers to nobody. `begin`: of the logical line or what follows a
// colon in it; `at`: the name.
bool stands_alone(const Tokens& tokens, std::size_t begin, std::size_t at) {
  int depth = 0;
  for (std::size_t i = begin; i < at; ++i) {
    const auto& token = tokens[i];
    if (token.is("(") || token.is("[")) ++depth;
    if (token.is(")") || token.is("]")) --depth;
    if (depth > 0) continue;
    const bool chain = token.is(".") || token.is(")") || token.is("]") ||
                       (token.kind == Kind::Name && (i == begin || tokens[i - 1].is(".")));
    if (!chain) return false;
  }
  if (depth != 0) return false;
  std::size_t i = at + 1;
  do {
    if (i >= tokens.size()) return true;
    if (tokens[i].is("(") || tokens[i].is("[") || tokens[i].is("{")) ++depth;
    if (tokens[i].is(")") || tokens[i].is("]") || tokens[i].is("}")) --depth;
    ++i;
  } while (depth > 0);
  return i >= tokens.size() || tokens[i].kind == Kind::LineEnd || tokens[i].is(";");
}

std::optional<Doubt> doubt_of_answers(const Tokens& tokens) {
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto& token = tokens[i];
    if (token.is("(") || token.is("[") || token.is("{")) ++depth;
    if (token.is(")") || token.is("]") || token.is("}")) --depth;
    if (token.kind == Kind::LineEnd || (depth == 0 && (token.is(":") || token.is(";")))) begin = i + 1;
    if (token.kind == Kind::LineEnd) depth = 0;
    const bool executes = token.is("execute") && i > 0 && tokens[i - 1].is(".") && is(tokens, i + 1, "(");
    if (executes && !stands_alone(tokens, begin, i))
      return Doubt{fmt::format("it looks at what the database answers (line {})", token.line)};
  }
  return std::nullopt;
}

std::optional<Doubt> doubt_of_source_in(std::string_view python, int depth) {
  constexpr int kDeepest = 3;
  const auto tokens = alembic::tokenize_python(python, /*with_bodies=*/true);
  if (!tokens || depth > kDeepest) return std::nullopt;  // nothing that Python itself could run
  std::optional<Doubt> first;
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    const auto kind = (*tokens)[i].kind;
    std::optional<Doubt> doubt;
    if (kind == Kind::Name) doubt = doubt_of_name(*tokens, i);
    const bool docstring = (i == 0 || (*tokens)[i - 1].kind == Kind::LineEnd) && i + 1 < tokens->size() &&
                           (*tokens)[i + 1].kind == Kind::LineEnd;
    if (!docstring && (kind == Kind::Text || kind == Kind::OtherString)) doubt = doubt_of_string((*tokens)[i], depth);
    if (doubt && doubt->own_values) return doubt;
    if (doubt && !first) first = std::move(doubt);
  }
  return first ? first : doubt_of_answers(*tokens);
}

}  // namespace

std::optional<Doubt> doubt_of_source(std::string_view python) { return doubt_of_source_in(python, 0); }

bool imports_others(std::string_view python) {
  const auto tokens = alembic::tokenize_python(python, /*with_bodies=*/true);
  if (!tokens) return false;
  for (std::size_t i = 0; i + 1 < tokens->size(); ++i) {
    const bool first = i == 0 || (*tokens)[i - 1].kind == Kind::LineEnd;
    if (!first || !((*tokens)[i].is("import") || (*tokens)[i].is("from"))) continue;
    if (!among(kHarmless, (*tokens)[i + 1].text)) return true;
  }
  return false;
}

std::optional<Doubt> doubt_of_rendered(std::string_view sql) {
  if (sql.find("\\\\") != std::string_view::npos) return Doubt{"--sql doubles backslashes, and its text has two"};
  if (sql.find("%%") != std::string_view::npos) return Doubt{"--sql may double percent signs, and its text has two"};
  return std::nullopt;
}

}  // namespace pgcontract::fleet
