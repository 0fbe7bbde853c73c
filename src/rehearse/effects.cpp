#include "rehearse/effects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "alembic/sql_statement.hpp"
#include "fleet/runner.hpp"
#include "model/observation.hpp"

namespace pgcontract::rehearse {
namespace {

using Locks = std::set<std::pair<Oid, std::string>>;

// Weakest first (docs §13.3.1), as pg_locks and as SQL write them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kModes = {{
    {"AccessShareLock", "ACCESS SHARE"},
    {"RowShareLock", "ROW SHARE"},
    {"RowExclusiveLock", "ROW EXCLUSIVE"},
    {"ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"},
    {"ShareLock", "SHARE"},
    {"ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"},
    {"ExclusiveLock", "EXCLUSIVE"},
    {"AccessExclusiveLock", "ACCESS EXCLUSIVE"},
}};
constexpr int kFirstThatKeepsOut = 3;  // what is weaker says nothing about an index
int strength(std::string_view mode) {
  return static_cast<int>(std::ranges::find(kModes, mode, &std::pair<std::string_view, std::string_view>::first) -
                          kModes.begin());
}

struct Known {
  std::string name;
  char kind = 'r';
  Oid filenode = 0;
  Oid table = 0;  // of an index
  std::int64_t scans = 0;
  bool own = false;  // in the migrated schema
};
using Relations = std::map<Oid, Known>;

template <typename Number>
Number number(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Everything that is no catalog's and no TOAST table.
Result<Relations> relations(postgres::Connection& connection, const std::string& schema) {
  PGC_TRY(const auto rows,
          connection.query("SELECT c.oid, n.nspname, c.relname, c.relkind, c.relfilenode, i.indrelid, "
                           "pg_catalog.pg_stat_get_xact_numscans(c.oid) FROM pg_catalog.pg_class AS c "
                           "JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
                           "LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid "
                           "WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_' "
                           "AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'"));
  Relations found;
  for (int row = 0; row < rows.size(); ++row) {
    const bool own = rows.at(row, 1) == schema;
    found[number<Oid>(rows.at(row, 0))] = {
        fmt::format("{}.{}", own ? "{schema}" : quoted(rows.at(row, 1)), quoted(rows.at(row, 2))),
        rows.at(row, 3).front(),
        number<Oid>(rows.at(row, 4)),
        number<Oid>(rows.at(row, 5)),
        number<std::int64_t>(rows.at(row, 6)),
        own};
  }
  return found;
}

// Of one backend; `waits` where it waits for one, which counts as its own.
Result<Locks> locks_of(postgres::Connection& connection, int pid, bool* waits = nullptr) {
  PGC_TRY(const auto rows, connection.query("SELECT l.relation, l.mode, l.granted FROM pg_catalog.pg_locks AS l "
                                            "WHERE l.pid OPERATOR(pg_catalog.=) $1::pg_catalog.int4",
                                            {std::to_string(pid)}));
  Locks locks;
  for (int row = 0; row < rows.size(); ++row) {
    if (waits && rows.at(row, 2) == "f") *waits = true;
    if (!rows.is_null(row, 0)) locks.emplace(number<Oid>(rows.at(row, 0)), rows.at(row, 1));
  }
  return locks;
}

// What means something else, or nothing, in a transaction of its own.
bool needs_its_transaction(const fleet::Part& part) {
  static constexpr std::string_view kWords[] = {"set",     "reset", "lock",    "savepoint", "release",
                                                "declare", "fetch", "prepare", "discard",   "rollback"};
  return std::ranges::any_of(part.statements, [](const fleet::Statement& statement) {
    const std::string script = statement.text + ";";
    const auto split = alembic::split_sql(script);
    if (!split || split->statements.size() != 1 || split->statements[0].words.empty()) return true;
    const auto& words = split->statements[0].words;
    const bool temporary = std::ranges::any_of(words, [](const auto& w) { return w == "temp" || w == "temporary"; });
    return std::ranges::find(kWords, words[0]) != std::end(kWords) || temporary ||
           statement.text.find("set_config") != std::string::npos;
  });
}

class Observer {
 public:
  Observer(const Contract& contract, const postgres::Dsn& dsn, const FleetSchema& schema, fleet::Setting setting,
           postgres::Connection connection)
      : contract_(contract),
        dsn_(dsn),
        schema_(schema),
        setting_(std::move(setting)),
        table_(fleet::qualified_table(schema, setting_)),
        connection_(std::move(connection)) {}

  Result<Effects> run(const fleet::Script& script) {
    effects_.server_version =
        fmt::format("{}.{}", connection_.server_version() / 10000, connection_.server_version() % 10000);
    if (!schema_.has_table) PGC_CHECK(session("", fleet::create_version_table(table_, setting_)));
    schema_.has_table = true;
    for (std::size_t i = 0; i < script.parts.size(); ++i) {
      const fleet::Part& part = script.parts[i];
      if (failed_.empty() && part.mode == fleet::Mode::Delegate) {
        PGC_CHECK(delegate(script, part));
      } else if (part.mode == fleet::Mode::Transaction && needs_its_transaction(part)) {
        PGC_CHECK(whole(part));
      } else {
        for (const auto& statement : part.statements) PGC_CHECK(single(statement, part.mode));
      }
    }
    return std::move(effects_);
  }

 private:
  StatementEffect& add(const fleet::Statement& statement) {
    effects_.statements.push_back({statement.revision, statement.text, statement.of_rows, failed_, {}, {}, {}, {}});
    return effects_.statements.back();
  }
  void failed(StatementEffect& effect, const Error& error) {
    effect.not_observed = "it fails: " + error.message;
    failed_ = fmt::format("a statement before it fails, of revision {}: {}", effect.revision, error.message);
  }
  Result<void> session(std::string_view before, const std::string& then) {
    return connection_.execute(
        fmt::format("RESET ROLE; RESET ALL; {}; {}{}", fleet::enter_schema(schema_, setting_), before, then));
  }
  Result<Relations> look() { return relations(connection_, schema_.name); }

  // Alembic itself takes the schema over it, unobserved.
  Result<void> delegate(const fleet::Script& script, const fleet::Part& part) {
    for (const auto& revision : part.revisions) {
      StatementEffect& effect = add({"", false, revision});
      effect.not_observed = "Alembic runs the revision itself: " + part.reason;
    }
    fleet::Script one{script.upgrade, false, part.rows_before, part.rows_after, {}, {part}, false};
    fleet::Passage passage;
    passage.schema = schema_;
    passage.script = &one;
    fleet::Runner runner(contract_, dsn_, setting_);
    if (const auto ran = runner.advance(passage); !ran) failed(effects_.statements.back(), ran.error());
    return {};
  }

  Result<void> single(const fleet::Statement& statement, fleet::Mode mode) {
    StatementEffect& effect = add(statement);
    if (!failed_.empty()) return {};
    PGC_CHECK(session("BEGIN; ", "SELECT 1"));
    PGC_TRY(const Relations before, look());
    begin_revision(statement.revision, before);
    const auto ran = connection_.execute(fleet::text_for(statement, table_));
    if (ran) {
      PGC_CHECK(note(effect, before, {}));
      if (auto committed = connection_.execute("COMMIT"); !committed) failed(effect, committed.error());
      return {};
    }
    (void)connection_.execute("ROLLBACK");
    constexpr std::string_view kNotInTransaction = "25001";
    if (mode == fleet::Mode::Autocommit && ran.error().sqlstate == kNotInTransaction) return outside(effect, before);
    failed(effect, ran.error());
    return {};
  }

  // The statements of a part that only make sense together.
  Result<void> whole(const fleet::Part& part) {
    if (failed_.empty()) PGC_CHECK(session("BEGIN; ", "SELECT 1"));
    const bool began = failed_.empty();
    for (const auto& statement : part.statements) {
      StatementEffect& effect = add(statement);
      if (!failed_.empty()) continue;
      PGC_TRY(const Relations before, look());
      PGC_TRY(const Locks held, locks_of(connection_, connection_.backend_pid()));
      begin_revision(statement.revision, before);
      const auto ran = connection_.execute(fleet::text_for(statement, table_));
      if (ran)
        PGC_CHECK(note(effect, before, held));
      else
        failed(effect, ran.error());
    }
    if (began)
      if (auto ended = connection_.execute(failed_.empty() ? "COMMIT" : "ROLLBACK"); !ended)
        failed(effects_.statements.back(), ended.error());
    return {};
  }

  void begin_revision(const std::string& revision, const Relations& before) {
    if (std::exchange(revision_, revision) == revision && !first_) return;
    first_ = false;
    there_.clear();
    for (const auto& [oid, known] : before) there_.insert(oid);
  }

  Result<void> note(StatementEffect& effect, const Relations& before, const Locks& held) {
    PGC_TRY(const Relations after, look());
    PGC_TRY(const Locks locks, locks_of(connection_, connection_.backend_pid()));
    Locks taken;
    std::ranges::set_difference(locks, held, std::inserter(taken, taken.end()));
    fill(effect, before, after, taken);
    for (const auto& [oid, now] : after) {
      const auto was = before.find(oid);
      const bool table = now.kind == 'r' || now.kind == 'm';
      if (table && now.scans > (was == before.end() ? 0 : was->second.scans))
        effect.scanned.push_back({now.name, !there_.contains(oid)});
    }
    return {};
  }

  void fill(StatementEffect& effect, const Relations& before, const Relations& after, const Locks& taken) const {
    std::map<Oid, int> strongest;
    for (const auto& [oid, mode] : taken) {
      auto& most = strongest.try_emplace(oid, -1).first->second;
      most = std::max(most, strength(mode));
    }
    for (const auto& [oid, mode] : strongest) {
      const auto now = after.find(oid);
      const auto was = before.find(oid);
      if (now == after.end() && was == before.end()) continue;  // a catalog
      const Known& known = was == before.end() ? now->second : was->second;
      const bool index = known.kind == 'i' || known.kind == 'I';
      if (index && mode < kFirstThatKeepsOut) continue;
      effect.locks.push_back(
          {known.name, std::string(kModes[static_cast<std::size_t>(mode)].second), !there_.contains(oid)});
    }
    for (const auto& [oid, now] : after) {
      const auto was = before.find(oid);
      const bool changed = was != before.end() && was->second.filenode != now.filenode;
      if (changed && (now.kind == 'r' || now.kind == 'm'))
        effect.rewritten.push_back({now.name, !there_.contains(oid)});
      const auto table = now.kind == 'i' ? after.find(now.table) : after.end();
      if (table != after.end() && (changed || was == before.end()))
        effect.indexes.push_back({now.name, table->second.name, !there_.contains(table->first)});
    }
  }

  // What refuses a transaction (CREATE INDEX CONCURRENTLY, VACUUM) is looked at from a second session. That one holds a
  // writer's lock on every table first: what waits for writers, be it for their locks or for their end, stands still
  // until its locks are read.
  Result<void> outside(StatementEffect& effect, const Relations& before) {
    PGC_TRY(auto watcher, postgres::Connection::open(dsn_));
    std::string tables;
    for (const auto& [oid, known] : before)
      if (known.own && (known.kind == 'r' || known.kind == 'p'))
        tables += (tables.empty() ? "" : ", ") + quoted(schema_.name) + known.name.substr(known.name.find("}.") + 1);
    if (!tables.empty()) (void)watcher.execute("BEGIN; LOCK TABLE " + tables + " IN ROW EXCLUSIVE MODE");
    PGC_CHECK(session("", "SELECT 1"));
    Locks seen;
    PGC_TRY(const auto ran, watch(effect.text, watcher, seen));
    if (!ran) {
      failed(effect, ran.error());
      return {};
    }
    PGC_TRY(const Relations after, look());
    fill(effect, before, after, seen);
    for (const auto& index : effect.indexes) effect.scanned.push_back({index.table, index.made});
    if (effect.locks.empty() && effect.indexes.empty() && effect.rewritten.empty())
      effect.not_observed = "it runs outside a transaction and ended before its locks could be read";
    return {};
  }

  Result<Result<void>> watch(const std::string& text, postgres::Connection& watcher, Locks& seen) {
    using std::chrono::steady_clock;
    constexpr auto kHold = std::chrono::seconds(2);
    constexpr auto kPause = std::chrono::milliseconds(1);
    std::atomic<bool> ended = false;
    Result<void> ran;
    {
      const std::jthread worker([&] {
        ran = connection_.execute(text);
        ended = true;
      });
      const auto begun = steady_clock::now();
      bool holds = watcher.in_transaction();
      while (!ended) {
        bool waits = false;
        auto locks = locks_of(watcher, connection_.backend_pid(), &waits);
        if (locks) seen.merge(*locks);
        if (holds && (waits || !locks || steady_clock::now() - begun > kHold)) {
          (void)watcher.execute("ROLLBACK");
          holds = false;
        }
        std::this_thread::sleep_for(kPause);
      }
    }
    return ran;
  }

  const Contract& contract_;
  const postgres::Dsn& dsn_;
  FleetSchema schema_;
  fleet::Setting setting_;
  std::string table_;
  postgres::Connection connection_;
  Effects effects_;
  std::string failed_;  // why nothing is run any more
  std::string revision_;
  bool first_ = true;
  std::set<Oid> there_;  // before the revision
};

}  // namespace

Result<Effects> observe_effects(const Contract& contract, const postgres::Dsn& dsn, const std::string& owner,
                                const FleetSchema& schema, const fleet::Script& script) {
  constexpr int kLockTimeoutMs = 30'000;  // longer than the watcher holds on
  const fleet::Setting setting{contract.migrations->version_table, owner, "", kLockTimeoutMs};
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  return Observer(contract, dsn, schema, setting, std::move(connection)).run(script);
}

}  // namespace pgcontract::rehearse
