#include "lint/outline.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace pgcontract::lint {
namespace {

using alembic::PythonToken;
using Kind = PythonToken::Kind;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// As a whole word; where it stands, or npos.
std::size_t find_word(std::string_view text, std::string_view word) {
  if (word.empty()) return std::string_view::npos;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return at;
  }
  return std::string_view::npos;
}

// The line of the file on which the token names the word.
std::optional<int> line_in(const PythonToken& token, std::string_view word) {
  if (token.kind != Kind::Text && token.kind != Kind::Name && token.kind != Kind::OtherString) return std::nullopt;
  const auto at = find_word(token.text, word);
  if (at == std::string_view::npos) return std::nullopt;
  return token.line +
         static_cast<int>(std::count(token.text.begin(), token.text.begin() + static_cast<long>(at), '\n'));
}

bool names(const SourceLine& line, std::string_view word) {
  return std::ranges::any_of(line.tokens, [&](const auto& token) { return line_in(token, word).has_value(); });
}

std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (std::isspace(static_cast<unsigned char>(c)) == 0) out += c;
  return out;
}

// The statement stands in the file word for word.
bool quotes(const SourceLine& line, const std::string& squeezed_statement) {
  return !squeezed_statement.empty() && std::ranges::any_of(line.tokens, [&](const auto& token) {
    return token.kind == Kind::Text && token.text.size() >= squeezed_statement.size() &&
           squeezed(token.text).find(squeezed_statement) != std::string::npos;
  });
}

// What tells a statement from others: the most telling first.
std::vector<std::string> words_of(const Statement& statement) {
  std::vector<std::string> words;
  const auto add = [&](const std::string& word) {
    if (!word.empty() && std::ranges::find(words, word) == words.end()) words.push_back(word);
  };
  for (const auto& act : statement.acts) {
    add(act.name);
    for (const auto& key : act.keys) add(key.name);
    add(act.column);
    add(act.relation.name);
  }
  return words;
}

BodyShape shape_of(const std::vector<SourceLine>& lines) {
  for (const auto& line : lines) {
    if (line.tokens.empty()) continue;
    const PythonToken& first = line.tokens.front();
    const bool says_nothing =
        first.is("pass") || first.is("return") || first.is(".") ||
        (line.tokens.size() == 1 && (first.kind == Kind::Text || first.kind == Kind::OtherString));
    if (says_nothing) continue;
    return first.is("raise") ? BodyShape::Raises : BodyShape::Works;
  }
  return BodyShape::Empty;
}

// The tokens behind the colon that ends `def name(…) -> …:`.
std::size_t body_begin(const std::vector<PythonToken>& tokens) {
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].is("(") || tokens[i].is("[")) ++depth;
    if (tokens[i].is(")") || tokens[i].is("]")) --depth;
    if (depth == 0 && tokens[i].is(":")) return i + 1;
  }
  return tokens.size();
}

}  // namespace

Outline outline_of(std::string_view source) {
  Outline outline;
  auto tokens = alembic::tokenize_python(source, /*with_bodies=*/true);
  if (!tokens) return outline;
  FunctionOutline* current = nullptr;
  std::vector<PythonToken> line;
  for (auto& token : *tokens) {
    if (token.kind != Kind::LineEnd) {
      line.push_back(std::move(token));
      continue;
    }
    if (line.empty()) continue;
    if (!line.front().indented) {
      current = nullptr;
      if (line.size() > 1 && line[0].is("def") && (line[1].is("upgrade") || line[1].is("downgrade"))) {
        current = line[1].is("upgrade") ? &outline.upgrade : &outline.downgrade;
        *current = {BodyShape::Empty, line[0].line, {}};
        line.erase(line.begin(), line.begin() + static_cast<long>(body_begin(line)));
      }
    }
    if (current && !line.empty()) current->lines.push_back({line.front().line, std::move(line)});
    line.clear();
  }
  for (auto* function : {&outline.upgrade, &outline.downgrade})
    if (function->shape != BodyShape::Missing) function->shape = shape_of(function->lines);
  return outline;
}

int Placer::place(const Statement& statement) {
  const auto& lines = function_.lines;
  const auto search = [&](const auto& fits) -> int {
    for (std::size_t i = from_; i < lines.size(); ++i)
      if (fits(lines[i])) return static_cast<int>(i);
    for (std::size_t i = 0; i < std::min(from_, lines.size()); ++i)
      if (fits(lines[i])) return static_cast<int>(i);
    return -1;
  };
  const std::string whole = squeezed(statement.text);
  int found = search([&](const SourceLine& line) { return quotes(line, whole); });
  const auto words = words_of(statement);
  if (found < 0 && !words.empty())
    found = search([&](const SourceLine& line) {
      return std::ranges::all_of(words, [&](const auto& word) { return names(line, word); });
    });
  for (std::size_t i = 0; found < 0 && i < words.size(); ++i)
    found = search([&](const SourceLine& line) { return names(line, words[i]); });
  if (found >= 0) from_ = static_cast<std::size_t>(found);
  return found;
}

int line_of(const FunctionOutline& function, int index, const std::vector<std::string>& words) {
  if (index < 0 || static_cast<std::size_t>(index) >= function.lines.size()) return function.line;
  const SourceLine& line = function.lines[static_cast<std::size_t>(index)];
  for (const auto& word : words)
    for (const auto& token : line.tokens)
      if (const auto at = line_in(token, word)) return *at;
  return line.line;
}

}  // namespace pgcontract::lint
