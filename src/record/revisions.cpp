#include "record/revisions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "record/sql_token.hpp"

namespace pgcontract::record {
namespace {

constexpr std::size_t kShownStatement = 80;

// What of a session lasts, in order.
struct Item {
  Kind kind = Kind::Change;  // Change, Rows or Refused
  std::string text;          // Refused: the reason
  bool transactional = true;
  int transaction = 0;
};

Failure unusable(std::string why) { return fail(ErrorCode::Unsupported, std::move(why)); }

std::string shown(const std::string& statement) {
  std::string line = statement.substr(0, kShownStatement);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

// Follows one session's transactions.
class Session {
 public:
  explicit Session(const Surroundings& surroundings) : surroundings_(surroundings) {}

  // `alone`: the message holds nothing else.
  void add(const Sent& sent, bool alone) {
    if (sent.message != message_) {
      message_ = sent.message;
      if (sent.in_transaction != open_) begin_or_end(sent.in_transaction);
      implicit_ = !open_ && !alone;
      if (implicit_) ++transactions_;
    }
    const Judged judged = sent.text.empty() ? Judged{Kind::Change, {}, {}} : judge(sent.text, surroundings_);
    if (!sent.finished) return unfinished(sent, judged);
    if (!sent.unclear.empty()) return refuse(sent.unclear, sent.text);
    switch (judged.kind) {
      case Kind::Begin:
        if (!open_) begin_or_end(true);
        break;
      case Kind::Commit: begin_or_end(false); break;
      case Kind::Rollback:
        drop_from(begun_at_);
        begin_or_end(false);
        break;
      case Kind::Savepoint: savepoints_.emplace_back(judged.name, items_.size()); break;
      case Kind::Release: release(judged.name, false); break;
      case Kind::RollbackTo: release(judged.name, true); break;
      case Kind::Refused: refuse(judged.reason, sent.text); break;
      case Kind::Change:
      case Kind::Rows:
        if (judged.kind == Kind::Change && sent.rows > 0) return refuse("looks at what a change returns", sent.text);
        items_.push_back({judged.kind, sent.text, open_ || implicit_, transactions_});
        break;
      case Kind::Look:
      case Kind::Chatter: break;
    }
  }

  const std::vector<Item>& items() const { return items_; }

 private:
  void begin_or_end(bool open) {
    open_ = open;
    transactions_ += open ? 1 : 0;
    begun_at_ = items_.size();
    savepoints_.clear();
    implicit_ = false;
  }

  // A statement that failed changed nothing. Where it was a look at rows, its failing may be the answer.
  void unfinished(const Sent& sent, const Judged& judged) {
    if (judged.kind == Kind::Refused) refuse(judged.reason, sent.text);
    if (judged.kind == Kind::Commit || judged.kind == Kind::Rollback) begin_or_end(false);
  }

  void refuse(std::string reason, const std::string& statement) {
    items_.push_back({Kind::Refused, fmt::format("it {}: {}", reason, shown(statement)), open_, transactions_});
  }

  // What was refused stays: the answer came back to Python before it was rolled back.
  void drop_from(std::size_t first) {
    const auto from = items_.begin() + static_cast<std::ptrdiff_t>(std::min(first, items_.size()));
    items_.erase(std::remove_if(from, items_.end(), [](const Item& item) { return item.kind != Kind::Refused; }),
                 items_.end());
  }

  void release(const std::string& name, bool roll_back) {
    for (auto i = savepoints_.size(); i > 0; --i) {
      if (savepoints_[i - 1].first != name) continue;
      if (roll_back) drop_from(savepoints_[i - 1].second);
      savepoints_.resize(roll_back ? i : i - 1);
      return;
    }
  }

  const Surroundings& surroundings_;
  std::vector<Item> items_;
  std::vector<std::pair<std::string, std::size_t>> savepoints_;
  std::size_t begun_at_ = 0;
  int message_ = 0;
  int transactions_ = 0;
  bool open_ = false;
  bool implicit_ = false;  // a message of several statements is a transaction
};

std::size_t moves_of(const alembic::RowMove& rows) {
  return rows.deleted.size() + rows.inserted.size() + (rows.updated ? 1 : 0);
}

// Whether the statement moves rows as the step says.
bool is_of_step(const std::string& statement, const alembic::RowMove& rows) {
  const auto tokens = sql_tokens(statement);
  const auto names = [&](const std::string& id) { return statement.find("'" + id + "'") != std::string::npos; };
  if (tokens[0].is("delete")) return std::ranges::any_of(rows.deleted, names);
  if (tokens[0].is("insert")) return std::ranges::any_of(rows.inserted, names);
  return rows.updated && names(rows.updated->first) && names(rows.updated->second);
}

Result<Revisions> divide(const std::vector<Item>& items, const alembic::Route& steps) {
  Revisions out;
  auto step = steps.begin();
  fleet::RecordedRevision at;
  std::size_t moved = 0;
  for (const auto& item : items) {
    if (step == steps.end()) {
      if (item.kind == Kind::Change || item.kind == Kind::Rows)
        return unusable(fmt::format("env.py changes something behind the last revision: {}", shown(item.text)));
      continue;
    }
    if (item.kind == Kind::Refused) {
      if (at.refused.empty()) at.refused = item.text;
    } else if (item.kind == Kind::Change) {
      at.statements.push_back({item.text, item.transactional, item.transaction});
    } else {
      if (!is_of_step(item.text, step->rows))
        return unusable(
            fmt::format("the version rows are moved otherwise than for {}: {}", step->revision, shown(item.text)));
      if (moved == 0) at.rows_at = at.statements.size();
      at.rows_transaction = item.transactional ? item.transaction : 0;
      if (++moved < moves_of(step->rows)) continue;
      out.emplace(step->revision, std::exchange(at, {}));
      moved = 0;
      ++step;
    }
  }
  if (step != steps.end()) return unusable(fmt::format("Alembic was not heard to move the rows of {}", step->revision));
  return out;
}

bool same(const fleet::RecordedRevision& ours, const Uuid& tenant, const fleet::RecordedRevision& theirs,
          const Uuid& other) {
  if (ours.statements.size() != theirs.statements.size() || ours.rows_at != theirs.rows_at) return false;
  for (std::size_t i = 0; i < ours.statements.size(); ++i) {
    const auto& a = ours.statements[i];
    const auto& b = theirs.statements[i];
    if (a.transactional != b.transactional || a.text != fleet::with_tenant(b.text, other, tenant)) return false;
  }
  return true;
}

}  // namespace

Result<Revisions> revisions_of(const Transcript& transcript, const alembic::Route& steps,
                               const Surroundings& surroundings) {
  std::map<int, Session> sessions;
  const auto& all = transcript.statements;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto same_message = [&](const Sent& other) {
      return other.session == all[i].session && other.message == all[i].message;
    };
    const bool alone = std::ranges::count_if(all, same_message) == 1;
    sessions.try_emplace(all[i].session, surroundings).first->second.add(all[i], alone);
  }
  const std::vector<Item>* main = nullptr;
  for (const auto& [number, session] : sessions) {
    const bool moves = std::ranges::any_of(session.items(), [](const Item& item) { return item.kind == Kind::Rows; });
    if (moves && main) return unusable("the version rows are moved in several sessions");
    if (moves) main = &session.items();
  }
  if (!main) return unusable("Alembic was not heard to move the version rows");
  for (const auto& [number, session] : sessions)
    if (&session.items() != main && !session.items().empty())
      return unusable(
          fmt::format("env.py does more than look in a second session: {}", shown(session.items().front().text)));
  return divide(*main, steps);
}

void hold_against(Revisions& revisions, const Uuid& tenant, const Revisions& others, const Uuid& other_tenant) {
  for (auto& [id, ours] : revisions) {
    if (!ours.refused.empty()) continue;
    const auto theirs = others.find(id);
    if (theirs == others.end() || !same(ours, tenant, theirs->second, other_tenant))
      ours.refused =
          "it says something else when it is run again: it goes by the time, by chance, by a tenant's name or by how "
          "many rows it changed";
    else
      ours.refused = theirs->second.refused;
  }
}

void refuse_mentions(Revisions& revisions, const Uuid& tenant, const std::string& database) {
  const auto lower = [](std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  };
  for (auto& [id, revision] : revisions) {
    for (const auto& statement : revision.statements) {
      const std::string replaced = fleet::with_tenant(statement.text, tenant, Uuid{});
      if (!revision.refused.empty()) break;
      if (statement.text.find(database) != std::string::npos)
        revision.refused = "it names the database: " + shown(statement.text);
      else if (lower(replaced).find(tenant.hex()) != std::string::npos ||
               lower(replaced).find(tenant.canonical()) != std::string::npos)
        revision.refused = "it names its tenant in a spelling of its own: " + shown(statement.text);
    }
  }
}

}  // namespace pgcontract::record
