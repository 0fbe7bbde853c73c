#include "fleet/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <thread>

#include "fleet/token.hpp"

namespace pgcontract::fleet {
namespace {

constexpr int kCatalogWorkers = 8;
constexpr int kTableWorkers = 4;
constexpr int kMostProcesses = 8;
constexpr std::size_t kWholeStatement = 400;

bool has(const std::vector<Token>& tokens, std::string_view word) {
  return std::ranges::any_of(tokens, [&](const Token& token) { return token.is(word); });
}
bool has_any(const std::vector<Token>& tokens, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return has(tokens, word); });
}

// What ALTER TABLE reads or rewrites the table for.
std::string work_of_alter(const std::vector<Token>& tokens) {
  if (has(tokens, "rename")) return "";
  if (has(tokens, "validate")) return "VALIDATE CONSTRAINT";
  if (has(tokens, "type") && has(tokens, "column")) return "ALTER COLUMN TYPE";
  if (has_any(tokens, {"gen_random_uuid", "uuid_generate_v4", "clock_timestamp", "random", "nextval", "timeofday",
                       "serial", "bigserial", "smallserial", "stored", "identity"}))
    return "a column filled for each row";
  const bool adds = has(tokens, "add") &&
                    has_any(tokens, {"constraint", "check", "unique", "primary", "foreign", "exclude", "references"});
  if (adds && !has(tokens, "valid")) return "ADD CONSTRAINT";
  const bool set = has(tokens, "set");
  if (set && has(tokens, "null") && !has(tokens, "add")) return "SET NOT NULL";
  if (set && has_any(tokens, {"logged", "unlogged", "tablespace", "access"})) return "a rewritten table";
  return "";
}

std::string shout(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace

std::string heavy_work(const std::string& statement, std::vector<std::string>& made) {
  const auto tokens = head(statement, kWholeStatement);
  if (tokens.empty()) return "";
  const Token& verb = tokens[0];
  const Target target = target_of(statement);
  const bool is_new = std::ranges::find(made, target.name) != made.end();
  if (verb.is("create") && has(tokens, "table") && !has(tokens, "index")) {
    if (has(tokens, "as") && has(tokens, "select")) return "CREATE TABLE AS";
    made.push_back(target.name);
    return "";
  }
  for (const auto* word : {"reindex", "cluster", "vacuum", "refresh", "do", "call", "select", "with", "copy"})
    if (verb.is(word)) return shout(word);
  if (is_new) return "";
  for (const auto* word : {"insert", "update", "delete", "merge"})
    if (verb.is(word)) return shout(word);
  if (verb.is("create") && has(tokens, "materialized")) return "CREATE MATERIALIZED VIEW";
  if (verb.is("create") && tokens.size() > 2 && (tokens[1].is("index") || tokens[2].is("index"))) return "CREATE INDEX";
  if (verb.is("alter") && tokens.size() > 1 && tokens[1].is("table")) return work_of_alter(tokens);
  return "";
}

WorkerChoice workers_for(const std::vector<const Script*>& scripts) {
  std::string work;
  for (const Script* script : scripts) {
    std::vector<std::string> made;
    for (const auto& part : script->parts) {
      if (part.mode == Mode::Delegate) {
        const int processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
        return {std::min(processors, kMostProcesses),
                "Alembic itself runs, a process each, on this machine's processors"};
      }
      for (const auto& statement : part.statements)
        if (work.empty() && !statement.of_rows) work = heavy_work(statement.text, made);
    }
  }
  if (work.empty()) return {kCatalogWorkers, "the statements change the catalog only"};
  return {kTableWorkers,
          fmt::format("{} reads or writes tables, which keeps the server's disk and processors busy", work)};
}

}  // namespace pgcontract::fleet
