#include "record/statement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "record/query.hpp"
#include "record/sql_token.hpp"

namespace pgcontract::record {
namespace {

using Tokens = std::vector<Token>;

Judged refused(std::string reason) { return {Kind::Refused, {}, std::move(reason)}; }

bool word_at(const Tokens& tokens, std::size_t i, std::string_view word) {
  return i < tokens.size() && tokens[i].is(word);
}
bool has_word(const Tokens& tokens, std::string_view word) {
  return std::ranges::any_of(tokens, [&](const Token& token) { return token.is(word); });
}

// Whether a name at `i`, qualified or not, is the version table's.
bool names_version_table(const Tokens& tokens, std::size_t i, const Surroundings& surroundings) {
  while (word_at(tokens, i, "only") || word_at(tokens, i, "if") || word_at(tokens, i, "not") ||
         word_at(tokens, i, "exists"))
    ++i;
  if (i + 2 < tokens.size() && tokens[i + 1].is_symbol('.')) {
    if (tokens[i].text != surroundings.schema) return false;
    i += 2;
  }
  return i < tokens.size() && tokens[i].is_name() && tokens[i].text == surroundings.version_table;
}

// The value of SET name TO value, without quotes; empty where there are several.
std::string only_value(const Tokens& tokens, std::size_t i) {
  if (i + 1 != tokens.size()) return {};
  const Token& token = tokens[i];
  if (token.kind != Token::Kind::String) return token.text;
  return token.text.size() >= 2 ? token.text.substr(1, token.text.size() - 2) : token.text;
}

// Settings that decide how long something is waited for or how it is shown, not what a statement makes.
bool is_harmless(std::string_view setting) {
  static constexpr std::array<std::string_view, 12> kSettings = {
      "lock_timeout",     "statement_timeout",   "idle_in_transaction_session_timeout",
      "application_name", "client_min_messages", "client_encoding",
      "datestyle",        "intervalstyle",       "extra_float_digits",
      "log_statement",    "synchronous_commit",  "maintenance_work_mem"};
  return std::ranges::find(kSettings, setting) != kSettings.end();
}

Judged judge_set(const Tokens& tokens, const Surroundings& surroundings) {
  std::size_t i = 1;
  const bool local = word_at(tokens, i, "local");
  if (local || word_at(tokens, i, "session")) ++i;
  if (word_at(tokens, i, "transaction") || word_at(tokens, i, "characteristics")) {
    return has_word(tokens, "read") && has_word(tokens, "committed") ? Judged{Kind::Chatter, {}, {}}
                                                                     : refused("sets its transaction's isolation");
  }
  if (word_at(tokens, i, "constraints")) return {};
  if (i >= tokens.size()) return refused("sets something that was not understood");
  const std::string& setting = tokens[i].text;
  if (is_harmless(setting)) return {Kind::Chatter, {}, {}};
  const bool assigned = i + 1 < tokens.size() && (tokens[i + 1].is("to") || tokens[i + 1].is_symbol('='));
  const std::string value = only_value(tokens, i + (assigned ? 2 : 1));
  if (setting == "search_path" && value == surroundings.schema) return {Kind::Chatter, {}, {}};
  if (setting == "role" && !surroundings.owner.empty() && value == surroundings.owner) return {Kind::Chatter, {}, {}};
  // As in SQL that was rendered, where it holds for what follows in its transaction.
  if (local && setting != "search_path" && setting != "role" && setting != "session_replication_role") return {};
  return refused(fmt::format("sets {}", setting));
}

Judged judge_transaction(const Tokens& tokens) {
  const auto& first = tokens[0].text;
  const auto name_at = [&](std::size_t i) { return i < tokens.size() ? tokens[i].text : std::string(); };
  if (first == "savepoint") return {Kind::Savepoint, name_at(1), {}};
  if (first == "release") return {Kind::Release, name_at(word_at(tokens, 1, "savepoint") ? 2 : 1), {}};
  if (first == "rollback" && has_word(tokens, "to")) return {Kind::RollbackTo, tokens.back().text, {}};
  if (has_word(tokens, "prepared") || has_word(tokens, "chain") || first == "prepare")
    return refused("uses transactions of two phases or in a chain");
  if (first == "commit" || first == "end") return {Kind::Commit, {}, {}};
  if (first == "rollback" || first == "abort") return {Kind::Rollback, {}, {}};
  if (has_word(tokens, "serializable") || has_word(tokens, "repeatable"))
    return refused("sets its transaction's isolation");
  return {Kind::Begin, {}, {}};
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

Judged judge(std::string_view statement, const Surroundings& surroundings) {
  auto tokens = sql_tokens(statement);
  while (!tokens.empty() && tokens.front().is_symbol('(')) tokens.erase(tokens.begin());  // (SELECT …) UNION …
  if (tokens.empty()) return {Kind::Chatter, {}, {}};
  const std::string& first = tokens[0].text;
  if (is_one_of(first, {"begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"}) ||
      (first == "prepare" && word_at(tokens, 1, "transaction")))
    return judge_transaction(tokens);
  if (is_one_of(first, {"select", "with", "values", "table"})) {
    if (first == "table") return refused("reads the rows of a table");
    if (first == "with" && !has_word(tokens, "select")) return refused("begins with a WITH that was not understood");
    std::string why = why_not_of_catalog(tokens, surroundings);
    return why.empty() ? Judged{Kind::Look, {}, {}} : refused(std::move(why));
  }
  if (first == "set") return judge_set(tokens, surroundings);
  if (first == "show") {
    // What drivers ask for, and what is the same for the whole server; another setting may be this database's own.
    const bool driver =
        tokens.size() > 1 && is_one_of(tokens[1].text, {"standard_conforming_strings", "transaction", "server_version",
                                                        "server_version_num", "client_encoding", "search_path"});
    return driver ? Judged{Kind::Chatter, {}, {}} : refused("looks at a setting");
  }
  if (is_one_of(first, {"deallocate", "listen", "unlisten"})) return {Kind::Chatter, {}, {}};
  if (is_one_of(first,
                {"reset", "discard", "explain", "fetch", "move", "declare", "close", "prepare", "execute", "load"}))
    return refused(fmt::format("says {}", first));
  if ((first == "insert" && names_version_table(tokens, 2, surroundings)) ||
      (first == "update" && names_version_table(tokens, 1, surroundings)) ||
      (first == "delete" && names_version_table(tokens, 2, surroundings)))
    return {Kind::Rows, {}, {}};
  if (is_one_of(first, {"create", "drop"}) && word_at(tokens, 1, "table") &&
      names_version_table(tokens, 2, surroundings))
    return {Kind::Chatter, {}, {}};
  if (is_one_of(first, {"insert", "update", "delete", "merge"}) && has_word(tokens, "returning"))
    return refused("changes rows and looks at them");
  if (first == "copy") return refused("copies rows");
  return {};
}

}  // namespace pgcontract::record
