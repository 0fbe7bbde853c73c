#include "alembic/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "alembic/sql_statement.hpp"

namespace pgcontract::alembic {
namespace {

constexpr std::string_view kMark = "-- Running ";

enum class Control { None, Begin, Commit, Other };

// BEGIN and COMMIT in the spellings that say nothing more; Other is what would pull the transaction from under us.
Control control_of(const SqlStatement& statement) {
  const auto& words = statement.words;
  if (words.empty()) return Control::None;
  const auto& first = words[0];
  const auto has = [&](std::string_view word) { return std::ranges::find(words, word) != words.end(); };
  if (first == "rollback") return has("to") ? Control::None : Control::Other;
  if (first == "abort") return Control::Other;
  if (first == "prepare") return words.size() > 1 && words[1] == "transaction" ? Control::Other : Control::None;
  if (first == "start" && words.size() > 1 && words[1] != "transaction") return Control::None;
  const bool begins = first == "begin" || first == "start";
  if (!begins && first != "commit" && first != "end") return Control::None;
  const bool plain = std::all_of(words.begin() + 1, words.end(),
                                 [](const auto& word) { return word == "work" || word == "transaction"; });
  return !plain ? Control::Other : begins ? Control::Begin : Control::Commit;
}

std::vector<std::string> ids(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto comma = text.find(", ");
    out.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 2);
  }
  return out;
}

// "-- Running upgrade a, b -> c"
Result<RenderedRevision> revision_of(std::string_view marker) {
  const auto bad = [&] {
    return fail(ErrorCode::Unsupported, fmt::format("`{}` is not a revision mark of Alembic's", marker),
                "Render the script with `alembic upgrade … --sql`.");
  };
  constexpr std::string_view kArrow = " -> ";
  auto text = marker;
  text.remove_prefix(kMark.size());
  RenderedRevision revision;
  revision.upgrade = text.starts_with("upgrade ");
  if (!revision.upgrade && !text.starts_with("downgrade ")) return bad();
  text.remove_prefix(text.find(' ') + 1);
  const auto arrow = text.find(kArrow);
  if (arrow == std::string_view::npos) return bad();
  revision.from = ids(text.substr(0, arrow));
  revision.to = ids(text.substr(arrow + kArrow.size()));
  if ((revision.upgrade ? revision.to : revision.from).size() != 1) return bad();
  return revision;
}

}  // namespace

std::string_view without_chatter(std::string_view printed) {
  const auto at_line = [&](std::string_view text, bool last) {
    auto at = last ? printed.rfind(text) : printed.find(text);
    while (at != std::string_view::npos && at > 0 && printed[at - 1] != '\n')
      at = last ? printed.rfind(text, at - 1) : printed.find(text, at + 1);
    return at;
  };
  const auto mark = at_line(kMark, false);
  if (mark == std::string_view::npos) return {};
  const auto begin = std::min(at_line("BEGIN;\n", false), mark);
  const auto last_mark = at_line(kMark, true);
  constexpr std::string_view kCommit = "COMMIT;\n";
  const auto end = at_line(kCommit, true);
  const bool behind = end != std::string_view::npos && end > last_mark &&
                      printed.find(';', end + kCommit.size()) == std::string_view::npos;
  return printed.substr(begin, behind ? end + kCommit.size() - begin : std::string_view::npos);
}

Result<RenderedRevision> last_revision(std::string_view printed) {
  auto at = printed.rfind(kMark);
  while (at != std::string_view::npos && at > 0 && printed[at - 1] != '\n') at = printed.rfind(kMark, at - 1);
  if (at == std::string_view::npos)
    return fail(ErrorCode::NotFound, "Alembic failed before the first revision", "See what it says.");
  const auto line = printed.substr(at);
  return revision_of(line.substr(0, line.find_first_of("\r\n")));
}

Result<std::vector<RenderedRevision>> split_rendered(std::string_view sql, bool cut_off) {
  if (cut_off) {
    auto at = sql.rfind(kMark);
    while (at != std::string_view::npos && at > 0 && sql[at - 1] != '\n') at = sql.rfind(kMark, at - 1);
    sql = sql.substr(0, at == std::string_view::npos ? 0 : at);
  }
  PGC_TRY(const auto script, split_sql(sql));
  std::vector<RenderedRevision> revisions;
  std::vector<RenderedStatement> before;  // the first revision
  bool in_transaction = false;
  int transactions = 0;
  const auto open = [&](const std::vector<std::string_view>& markers) -> Result<void> {
    for (const auto marker : markers) {
      PGC_TRY(auto revision, revision_of(marker));
      revision.statements = std::exchange(before, {});
      revisions.push_back(std::move(revision));
    }
    return {};
  };
  for (const auto& statement : script.statements) {
    PGC_CHECK(open(statement.markers));
    const auto control = control_of(statement);
    if (control == Control::Other)
      return fail(ErrorCode::Unsupported, fmt::format("a revision controls the transaction itself: {}", statement.text),
                  "Take the statement out, or use op.get_context().autocommit_block().",
                  fmt::format("rendered sql:{}", statement.line));
    if (control != Control::None) {
      in_transaction = control == Control::Begin;
      transactions += in_transaction ? 1 : 0;
      continue;
    }
    auto& target = revisions.empty() ? before : revisions.back().statements;
    target.push_back({std::string(statement.text), in_transaction, transactions});
  }
  PGC_CHECK(open(script.last_markers));
  if (cut_off) return revisions;
  if (!before.empty())
    return fail(ErrorCode::Unsupported, "the script has statements but no revision mark",
                "Render it with `alembic upgrade … --sql`.", "rendered sql");
  if (in_transaction)
    return fail(ErrorCode::Unsupported, "the script ends inside a transaction",
                "Render it again: it was cut off, or env.py does not close its transaction.", "rendered sql");
  return revisions;
}

}  // namespace pgcontract::alembic
