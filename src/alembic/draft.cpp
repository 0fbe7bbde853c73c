#include "alembic/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace pgcontract::alembic {
namespace {

constexpr auto kNone = std::string_view::npos;

struct Operation {
  std::string_view name;
  std::string_view guard;  // the argument that makes it run twice, where Alembic has one
  std::string_view sql;    // what does in SQL
};
constexpr std::array kOperations = {
    Operation{"create_table", "if_not_exists", "CREATE TABLE IF NOT EXISTS"},
    Operation{"drop_table", "if_exists", "DROP TABLE IF EXISTS"},
    Operation{"create_index", "if_not_exists", "CREATE INDEX IF NOT EXISTS"},
    Operation{"drop_index", "if_exists", "DROP INDEX IF EXISTS"},
    Operation{"add_column", "if_not_exists", "ALTER TABLE … ADD COLUMN IF NOT EXISTS"},
    Operation{"drop_column", "if_exists", "ALTER TABLE … DROP COLUMN IF EXISTS"},
    Operation{"drop_constraint", "if_exists", "ALTER TABLE … DROP CONSTRAINT IF EXISTS"},
    Operation{"create_foreign_key", "", "DROP CONSTRAINT IF EXISTS before ADD CONSTRAINT"},
    Operation{"create_unique_constraint", "", "DROP CONSTRAINT IF EXISTS before ADD CONSTRAINT"},
    Operation{"create_check_constraint", "", "DROP CONSTRAINT IF EXISTS before ADD CONSTRAINT"},
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == kNone ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// A call's text, from its opening parenthesis; good enough for what autogenerate writes, which has no parentheses in
// strings that do not match.
std::string_view call_at(std::string_view source, std::size_t open) {
  int depth = 0;
  for (auto at = open; at < source.size(); ++at) {
    depth += source[at] == '(' ? 1 : source[at] == ')' ? -1 : 0;
    if (depth == 0) return source.substr(open, at + 1 - open);
  }
  return source.substr(open);
}

// The first argument, where it is a string: the table's name.
std::string first_text(std::string_view call) {
  const auto begin = call.find_first_of("'\"");
  if (begin == kNone || !trimmed(call.substr(1, begin - 1)).empty()) return {};
  const auto end = call.find(call[begin], begin + 1);
  return end == kNone ? std::string() : std::string(call.substr(begin + 1, end - begin - 1));
}

class Reader {
 public:
  Reader(std::string_view source, std::string_view scratch) : source_(source), scratch_(scratch) {}

  Draft run() {
    out_.has_upgrade = body("upgrade", true);
    out_.has_downgrade = body("downgrade", false);
    if (out_.has_upgrade && !out_.has_downgrade)
      out_.edits.push_back(
          {line_of(source_.find("def downgrade")), "downgrade", "it does nothing: take back what upgrade() does"});
    if (const auto at = scratch_.empty() ? kNone : source_.find(scratch_); at != kNone)
      out_.edits.push_back(
          {line_of(at), std::string(scratch_), "names the schema it was generated in: take the name out"});
    std::ranges::stable_sort(out_.edits, {}, &DraftEdit::line);
    return std::move(out_);
  }

 private:
  int line_of(std::size_t at) const {
    return 1 + static_cast<int>(std::count(
                   source_.begin(), source_.begin() + static_cast<std::ptrdiff_t>(std::min(at, source_.size())), '\n'));
  }

  // Whether the function does anything.
  bool body(std::string_view name, bool upgrade) {
    auto begin = source_.find(fmt::format("def {}(", name));
    if (begin == kNone) return false;
    begin = std::min(source_.find('\n', begin), source_.size() - 1) + 1;
    bool does = false;
    auto end = begin;
    while (end < source_.size()) {
      const auto line = source_.substr(end, source_.find('\n', end) - end);
      const auto text = trimmed(line);
      if (!text.empty() && line[0] != ' ' && line[0] != '\t') break;
      does = does || (!text.empty() && text[0] != '#' && text != "pass" && !text.starts_with("\"\"\""));
      end = std::min(end + line.size() + 1, source_.size());
    }
    operations(begin, end, upgrade);
    return does;
  }

  void operations(std::size_t begin, std::size_t end, bool upgrade) {
    std::map<std::string, int> dropped_columns, added_columns;  // by table: the line
    int dropped_table = 0, created_table = 0;
    for (auto at = source_.find("op.", begin); at < end; at = source_.find("op.", at + 3)) {
      const auto open = source_.find('(', at);
      if (open == kNone || open >= end) break;
      const auto name = source_.substr(at + 3, open - at - 3);
      const auto call = call_at(source_, open);
      const int line = line_of(at);
      if (name == "drop_column") dropped_columns.emplace(first_text(call), line);
      if (name == "add_column") added_columns.emplace(first_text(call), line);
      if (name == "drop_table") dropped_table = line;
      if (name == "create_table") created_table = line;
      check(name, call, line);
    }
    if (!upgrade) return;
    for (const auto& [table, line] : dropped_columns)
      if (added_columns.contains(table))
        out_.edits.push_back({line, "op.drop_column",
                              fmt::format("a column of {} goes and another comes: where it was renamed, "
                                          "write op.alter_column(…, new_column_name=…), or its values are lost",
                                          table)});
    if (dropped_table > 0 && created_table > 0)
      out_.edits.push_back(
          {dropped_table, "op.drop_table",
           "a table goes and another comes: where it was renamed, write op.rename_table, or its rows are lost"});
  }

  void check(std::string_view name, std::string_view call, int line) {
    const auto known = std::ranges::find(kOperations, name, &Operation::name);
    if (known == kOperations.end() || (!known->guard.empty() && call.find(known->guard) != kNone)) return;
    out_.edits.push_back(
        {line, fmt::format("op.{}", name), fmt::format("fails where it was run before: {}", known->sql)});
  }

  std::string_view source_;
  std::string_view scratch_;
  Draft out_;
};

}  // namespace

Draft read_draft(std::string_view source, std::string_view scratch) { return Reader(source, scratch).run(); }

}  // namespace pgcontract::alembic
