#include "alembic/python_header.hpp"

#include <algorithm>
#include <utility>

namespace pgcontract::alembic {
namespace {

using Tokens = std::span<const PythonToken>;
using TokenKind = PythonToken::Kind;
using ValueKind = PythonValue::Kind;

bool opens(const PythonToken& token) { return token.is("(") || token.is("[") || token.is("{"); }
bool closes(const PythonToken& token) { return token.is(")") || token.is("]") || token.is("}"); }

// Cuts at `separator` where it stands outside every bracket.
std::vector<Tokens> split(Tokens tokens, std::string_view separator) {
  std::vector<Tokens> out;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    depth += opens(tokens[i]) ? 1 : closes(tokens[i]) ? -1 : 0;
    if (depth != 0 || !tokens[i].is(separator)) continue;
    out.push_back(tokens.subspan(begin, i - begin));
    begin = i + 1;
  }
  out.push_back(tokens.subspan(begin));
  return out;
}

// ("a", "b"), ["a"], "a" "b", None, each in as many parentheses as you like.
PythonValue literal(Tokens tokens, int depth = 0) {
  constexpr int kDeepest = 50;
  if (tokens.empty() || depth > kDeepest) return {};
  if (tokens.size() == 1 && tokens[0].is("None")) return {ValueKind::None, {}, 0};
  if (std::ranges::all_of(tokens, [](const auto& token) { return token.kind == TokenKind::Text; })) {
    std::string joined;
    for (const auto& token : tokens) joined += token.text;
    return {ValueKind::Text, {joined}, 0};
  }
  auto parts = split(tokens, ",");
  const bool bracketed = parts.size() == 1 && tokens.size() >= 2 && closes(tokens.back());
  const bool list = bracketed && tokens.front().is("[") && tokens.back().is("]");
  if (bracketed) {
    if (!list && !(tokens.front().is("(") && tokens.back().is(")"))) return {};
    tokens = tokens.subspan(1, tokens.size() - 2);
    if (tokens.empty()) return {ValueKind::List, {}, 0};
    parts = split(tokens, ",");
    if (!list && parts.size() == 1) return literal(tokens, depth + 1);
  } else if (parts.size() == 1) {
    return {};
  }
  if (parts.size() > 1 && parts.back().empty()) parts.pop_back();  // the comma after the last
  PythonValue value{ValueKind::List, {}, 0};
  for (const auto part : parts) {
    auto item = literal(part, depth + 1);
    if (item.kind != ValueKind::Text) return {};
    value.texts.push_back(std::move(item.texts.front()));
  }
  return value;
}

class HeaderReader {
 public:
  explicit HeaderReader(std::span<const std::string_view> names) : names_(names) {}

  PythonHeader run(Tokens tokens) {
    while (!tokens.empty()) {
      const auto end = std::ranges::find(tokens, TokenKind::LineEnd, &PythonToken::kind);
      const auto size = static_cast<std::size_t>(end - tokens.begin());
      logical_line(tokens.first(size));
      tokens = tokens.subspan(std::min(size + 1, tokens.size()));
      first_ = false;
    }
    return std::move(header_);
  }

 private:
  bool wanted(const PythonToken& token) const {
    return token.kind == TokenKind::Name && std::ranges::find(names_, token.text) != names_.end();
  }

  void set(const PythonToken& name, PythonValue value) {
    value.line = name.line;
    header_.values[name.text] = std::move(value);
  }
  void set_dynamic(Tokens tokens) {
    for (const auto& token : tokens)
      if (wanted(token)) set(token, {});
  }

  void logical_line(Tokens line) {
    if (line.empty()) return;
    if (!line.front().indented) block_ = line.front().kind == TokenKind::Name ? line.front().text : "";
    if (block_ == "def" || block_ == "class" || block_ == "async") {
      if (!line.front().indented)
        set_dynamic(line.first(std::min<std::size_t>(line.size(), block_ == "async" ? 3 : 2)));
      return;
    }
    constexpr std::string_view kCompound[] = {"if",  "elif",   "else", "for",   "while",
                                              "try", "except", "with", "match", "finally"};
    if (line.front().indented || std::ranges::find(kCompound, block_) != std::end(kCompound)) return conditional(line);
    for (const auto statement : split(line, ";")) {
      simple(statement);
      first_ = false;
    }
  }

  // Inside an if, a try and the like: whether it runs, only Python can tell.
  void conditional(Tokens line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i].is("import")) return import(line);
      if (!wanted(line[i])) continue;
      const bool annotated = i == 0 && line.size() > 1 && line[1].is(":");
      const bool named = i > 0 && line[i - 1].is("as");  // with … as, except … as
      if (annotated || named || (i + 1 < line.size() && assigns(line[i + 1]))) set(line[i], {});
    }
    // for revision in …, case revision
    if (line.front().is("for") || line.front().is("case"))
      set_dynamic(line.first(static_cast<std::size_t>(
          std::ranges::find_if(line, [](const auto& token) { return token.is("in") || token.is(":"); }) -
          line.begin())));
  }

  static bool assigns(const PythonToken& token) {
    constexpr std::string_view kComparisons[] = {"==", "!=", "<=", ">="};
    return token.kind == TokenKind::Operator && token.text.ends_with('=') &&
           std::ranges::find(kComparisons, token.text) == std::end(kComparisons);
  }

  void simple(Tokens tokens) {
    if (tokens.empty()) return;
    if (first_) {
      if (auto value = literal(tokens); value.kind == ValueKind::Text) {
        header_.docstring = std::move(value.texts.front());
        return;
      }
    }
    if (tokens[0].is("import") || tokens[0].is("from")) return import(tokens);
    if (tokens[0].is("del")) return set_dynamic(tokens);
    if (tokens.size() > 1 && tokens[1].kind == TokenKind::Operator && tokens[1].text != "=" && assigns(tokens[1]))
      return set_dynamic(tokens.first(1));
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i)
      if (wanted(tokens[i]) && tokens[i + 1].is(":=")) set(tokens[i], {});
    const auto parts = split(tokens, "=");
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto target = parts[i];
      const bool named = !target.empty() && wanted(target[0]);
      if (named && (target.size() == 1 || target[1].is(":"))) {
        set(target[0], literal(parts.back()));
      } else {
        assign_to_pattern(target);
      }
    }
  }

  // a, revision = …: bound, but not to anything that can be read. x.revision = … and d[revision] = … bind nothing here.
  void assign_to_pattern(Tokens target) {
    for (std::size_t i = 0; i < target.size(); ++i) {
      const bool attribute = i > 0 && target[i - 1].is(".");
      const bool subscript =
          i > 0 && i + 1 < target.size() && target[i - 1].is("[") && target[0].kind == TokenKind::Name;
      if (!attribute && !subscript && wanted(target[i])) set(target[i], {});
    }
  }

  void import(Tokens tokens) {
    bool names_begin = tokens[0].is("import");
    for (std::size_t i = 1; i < tokens.size(); ++i) {
      if (tokens[i].is("import")) names_begin = true;
      // Any of the names may be among them; an assignment behind it wins again.
      if (names_begin && tokens[i].is("*"))
        for (const auto name : names_)
          header_.values[std::string(name)] = {PythonValue::Kind::Dynamic, {}, tokens[i].line};
      const bool renamed = i + 1 < tokens.size() && tokens[i + 1].is("as");
      if (names_begin && !renamed && !tokens[i - 1].is(".") && wanted(tokens[i])) set(tokens[i], {});
    }
  }

  std::span<const std::string_view> names_;
  PythonHeader header_;
  std::string block_;  // the word that began the block we are in
  bool first_ = true;  // no statement seen yet: a string here is the docstring
};

}  // namespace

PythonHeader python_header(std::span<const PythonToken> tokens, std::span<const std::string_view> names) {
  return HeaderReader(names).run(tokens);
}

}  // namespace pgcontract::alembic
