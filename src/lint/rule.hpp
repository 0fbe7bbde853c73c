#pragma once
// A rule: one sentence about migrations with a stable id, its reason, what to do instead, and its check. Rules stand in
// rules/<subject>.cpp, their examples in <subject>.examples beside, and rules.cpp has the one table. Checks are pure.

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lint/locks.hpp"
#include "lint/outline.hpp"
#include "lint/statement.hpp"
#include "lint/tables.hpp"
#include "model/effect.hpp"
#include "model/finding.hpp"
#include "model/migrations.hpp"

namespace pgcontract::lint {

struct HistoryInput;
struct RevisionInput;
struct Asked;

// What the target knows of a table: for tenants' tables that of the tenant where it is largest.
struct TableSize {
  std::string schema;
  double bytes = 0;   // with indexes and TOAST
  double rows = 0;    // an estimate
  double reads = 0;   // scans since the statistics were reset
  double writes = 0;  // rows, likewise
};

// A revision made ready: its statements parsed and placed in the file.
struct PlacedStatement {
  Statement parsed;
  bool transactional = true;
  int transaction = 0;
  int source_line = -1;  // index in outline.upgrade.lines
  const StatementEffect* effect = nullptr;
  std::string where(const RevisionInput& revision, const FunctionOutline& function,
                    const std::vector<std::string>& words) const;
};
struct PreparedRevision {
  const RevisionInput* input = nullptr;
  Outline outline;
  std::vector<PlacedStatement> statements;
  std::set<std::string> made;  // tables that it creates: empty while it runs
};

// What is found, before the engine names the rule, weighs it and looks for a waiver. Empty fields are filled in from
// the statement at hand.
struct Found {
  std::string message;
  std::string table = {};     // label
  std::string part = {};      // column, index, constraint
  std::string consider = {};  // what a person may write instead
  std::optional<Severity> severity = {};
  std::string revision = {};
  std::string where = {};
  std::string kind = {};  // of the subject, where it is neither revision nor table
};

struct ActContext {
  const HistoryInput& history;
  const PreparedRevision& revision;
  const PlacedStatement& statement;
  const Act& act;
  const Tables& before;

  const Table* table() const { return before.find(act.relation); }
  std::string label() const { return before.label(act.relation); }
  bool is_new(const Name& name) const { return revision.made.contains(before.label(name)); }
  // Made by this very revision, where nobody uses it yet.
  bool is_new() const { return is_new(act.relation); }
};

struct RevisionContext {
  const HistoryInput& history;
  const PreparedRevision& revision;
  const Tables& before;  // the revision
  // Every act with the tables as they are just before it.
  std::function<void(const std::function<void(const ActContext&)>&)> each_act;
};

struct TableContext {
  const HistoryInput& history;
  const Table& table;
  const Tables& tables;
};

struct HistoryContext {
  const HistoryInput& history;
  const Asked& asked;
};

// What a rule about an act says that the server will do. Where that was observed, what was seen counts.
enum class Claim { None, Lock, Scan, Rewrite };

struct Rule {
  std::string_view id;     // "lint.index_blocks_writes"
  std::string_view title;  // a promise in one line, as clauses have it: what holds when nothing is found
  std::string_view why;
  std::string_view instead;
  Severity severity = Severity::Error;
  bool weighed = false;       // size and traffic of the table lower or raise the severity
  bool needs_server = false;  // unknown without one
  Claim claim = Claim::None;

  using Founds = std::vector<Found>;
  void (*act)(const ActContext&, Founds&) = nullptr;
  void (*revision)(const RevisionContext&, Founds&) = nullptr;
  void (*table)(const TableContext&, Founds&) = nullptr;
  void (*history)(const HistoryContext&, Founds&) = nullptr;
};
using Founds = Rule::Founds;

inline constexpr std::string_view kWaiversRule = "lint.waivers";    // judged by the engine, after all others
inline constexpr std::string_view kObservedRule = "lint.observed";  // likewise, from what was observed

std::span<const Rule> rules();
const Rule* find_rule(std::string_view id);

}  // namespace pgcontract::lint
