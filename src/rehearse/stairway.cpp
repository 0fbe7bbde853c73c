#include "rehearse/stairway.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "alembic/route.hpp"
#include "base/interrupt.hpp"

namespace pgcontract::rehearse {
namespace {

using fingerprint::SchemaFingerprint;

// Says something about the revision, and not about the server or the user.
bool is_of_revision(const Error& error) {
  switch (error.code) {
    case ErrorCode::Unreachable:
    case ErrorCode::Refused:
    case ErrorCode::ConnectionLost:
    case ErrorCode::OutOfSpace:
    case ErrorCode::Cancelled:
    case ErrorCode::Bug: return false;
    default: return true;
  }
}

// In one line: of what Alembic printed the last says what is wrong.
std::string in_short(const Error& error) {
  std::string message = error.message;
  while (!message.empty() && message.back() == '\n') message.pop_back();
  if (error.code == ErrorCode::Process)
    if (const auto line = message.rfind('\n'); line != std::string::npos) message = message.substr(line + 1);
  std::ranges::replace(message, '\n', ' ');
  const auto colon = error.where.find(": ");
  return colon == std::string::npos ? message : fmt::format("{} (in {})", message, error.where.substr(colon + 2));
}

class Stairway {
 public:
  Stairway(Stage& stage, const OnRevision& on_revision, int total)
      : stage_(stage), on_revision_(on_revision), total_(total) {}

  Result<void> prepare(const RenderedHistory& history, const alembic::RevisionMap& map) {
    std::vector<std::string> rows;
    for (const auto& step : history.up.route) {
      Flight flight{script_of(history.up, step, rows), {}, {}};
      const auto back = alembic::return_route(map, step.rows_after, rows);
      if (!back)
        flight.no_way_down = back.error().message;
      else if (back->size() != 1)
        flight.no_way_down = "the way back is not one revision";
      else
        flight.down = script_of(history.down, back->front(), step.rows_after);
      flights_.push_back(std::move(flight));
      rows = step.rows_after;
    }
    PGC_TRY(before_, stage_.fingerprint());
    return {};
  }

  std::size_t size() const { return flights_.size(); }
  const std::string& revision(std::size_t number) const { return flights_[number].up.route.front().revision; }

  // The revision is only gone over, not tried.
  Result<void> pass(std::size_t number, RevisionRehearsal& out) {
    PGC_CHECK(go(flights_[number].up, out.up));
    if (out.up.result != RungResult::Good) return {};
    PGC_TRY(before_, stage_.fingerprint());
    return {};
  }

  Result<void> climb(std::size_t number, RevisionRehearsal& out) {
    const Flight& flight = flights_[number];
    on_revision_(static_cast<int>(number), total_, out.revision);
    PGC_CHECK(go(flight.up, out.up));
    if (out.up.result != RungResult::Good) return {};
    PGC_TRY(after_, stage_.fingerprint());
    PGC_CHECK(down_and_up(flight, number, out));
    PGC_CHECK(once_more(flight.up, after_, out.up_twice));
    PGC_CHECK(mend(number));
    if (out.down.result == RungResult::Good && is_native(flight.down) && is_native(flight.up)) {
      PGC_CHECK(stage_.advance(flight.down));
      PGC_CHECK(once_more(flight.down, before_, out.down_twice));
      if (out.down_twice.result == RungResult::Good)
        PGC_CHECK(stage_.advance(flight.up));
      else
        PGC_CHECK(rebuild(number));
    } else {
      out.down_twice.message =
          out.down.result == RungResult::Good ? "Alembic itself runs the revision" : "the downgrade does not work once";
    }
    before_ = std::move(after_);
    return {};
  }

 private:
  struct Flight {
    fleet::Script up;
    fleet::Script down;
    std::string no_way_down;
  };

  static bool is_native(const fleet::Script& script) {
    return std::ranges::none_of(script.parts, [](const auto& p) { return p.mode == fleet::Mode::Delegate; });
  }

  // An attempt that says something about the revision is a rung; any other failure ends the rehearsal.
  static Result<void> settle(const Result<void>& ran, std::string_view what, Rung& rung) {
    if (!ran && !is_of_revision(ran.error())) return ran;
    rung.result = ran ? RungResult::Good : RungResult::Broken;
    if (!ran) rung.message = fmt::format("{}: {}", what, in_short(ran.error()));
    return {};
  }
  Result<void> go(const fleet::Script& script, Rung& rung) {
    if (interrupt::stop_requested()) return fail(ErrorCode::Cancelled, "stopped by the user");
    return settle(stage_.advance(script), script.upgrade ? "the upgrade fails" : "the downgrade fails", rung);
  }
  Result<void> compare(const SchemaFingerprint& expected, std::string_view what, Rung& rung) {
    if (rung.result != RungResult::Good) return {};
    PGC_TRY(const auto found, stage_.fingerprint());
    if (found.root == expected.root) return {};
    rung = {RungResult::Broken, fmt::format("{}: {}", what, told(fingerprint::differences(expected, found)))};
    return {};
  }

  // Leaves the schema above the revision, as it can.
  Result<void> down_and_up(const Flight& flight, std::size_t number, RevisionRehearsal& out) {
    if (!flight.no_way_down.empty()) {
      out.down.message = flight.no_way_down;
      return {};
    }
    PGC_CHECK(go(flight.down, out.down));
    if (out.down.result != RungResult::Good) {
      out.up_again.message = "the downgrade fails";
      return rebuild(number);
    }
    PGC_CHECK(compare(before_, "after the downgrade it is not what it was", out.down));
    PGC_CHECK(go(flight.up, out.up_again));
    PGC_CHECK(compare(after_, "upgraded again it is not what it was the first time", out.up_again));
    return out.up_again.result == RungResult::Good ? Result<void>{} : rebuild(number);
  }

  Result<void> once_more(const fleet::Script& script, const SchemaFingerprint& expected, Rung& rung) {
    if (!is_native(script)) {
      rung.message = "Alembic itself runs the revision";
      return {};
    }
    PGC_CHECK(settle(stage_.repeat(script),
                     script.upgrade ? "the upgrade run twice fails" : "the downgrade run twice fails", rung));
    return compare(expected, "run twice it leaves something else", rung);
  }

  // What failed in a transaction has left nothing; what did not may have.
  Result<void> mend(std::size_t number) {
    PGC_TRY(const auto found, stage_.fingerprint());
    return found.root == after_.root ? Result<void>{} : rebuild(number);
  }
  Result<void> rebuild(std::size_t number) {
    PGC_CHECK(stage_.clear());
    for (std::size_t i = 0; i <= number; ++i) PGC_CHECK(stage_.advance(flights_[i].up));
    return {};
  }

  Stage& stage_;
  const OnRevision& on_revision_;
  int total_;
  std::vector<Flight> flights_;
  SchemaFingerprint before_;  // below the revision at hand
  SchemaFingerprint after_;   // above it
};

std::string difference_text(const Difference& difference) {
  const std::string object = fmt::format("{} {}", difference.kind, difference.object);
  if (difference.attribute.empty())
    return fmt::format("{}: {}", object, difference.found ? "is there, and should not be" : "is not there");
  const auto side = [](const std::optional<std::string>& value) {
    constexpr std::size_t kShown = 80;
    if (!value) return std::string("none");
    return fmt::format("{}{}", value->substr(0, kShown), value->size() > kShown ? "…" : "");
  };
  return fmt::format("{}: {} is {}, not {}", object, difference.attribute, side(difference.found),
                     side(difference.expected));
}

}  // namespace

std::string told(const std::vector<Difference>& differences) {
  constexpr std::size_t kShown = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, differences.size()); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : "; ", difference_text(differences[i]));
  if (differences.size() > kShown) text += fmt::format("; and {} more", differences.size() - kShown);
  return text;
}

Result<RenderedHistory> render_history(const Contract& contract, const RevisionGraph& graph,
                                       const fleet::Render& render) {
  const alembic::RevisionMap map(graph);
  const std::string& table = contract.migrations->version_table;
  RenderedHistory history;
  history.graph = &graph;
  PGC_TRY(const auto up, alembic::upgrade_route(map, {}, "heads"));
  PGC_TRY(history.up, fleet::make_script({}, up, table, render));
  if (up.empty()) return history;
  const auto& heads = up.back().rows_after;
  PGC_TRY(const auto down, alembic::return_route(map, heads, {}));
  PGC_TRY(history.down, fleet::make_script(heads, down, table, render));
  return history;
}

Result<std::vector<RevisionRehearsal>> walk_stairway(const RenderedHistory& history, Stage& stage,
                                                     const std::function<bool(const Revision&)>& wanted,
                                                     const OnRevision& on_revision) {
  const RevisionGraph& graph = *history.graph;
  const alembic::RevisionMap map(graph);
  Stairway stairway(stage, on_revision, static_cast<int>(graph.revisions.size()));
  PGC_CHECK(stairway.prepare(history, map));
  std::vector<RevisionRehearsal> out;
  std::string fallen;  // the revision that does not go up
  for (std::size_t i = 0; i < stairway.size(); ++i) {
    const Revision& revision = *graph.find(stairway.revision(i));
    RevisionRehearsal rehearsal;
    rehearsal.section = graph.section;
    rehearsal.revision = revision.id;
    rehearsal.where = fmt::format("{}:{}", revision.file, revision.line);
    if (!fallen.empty())
      rehearsal.up.message = fmt::format("revision {} does not go up", fallen);
    else if (wanted(revision))
      PGC_CHECK(stairway.climb(i, rehearsal));
    else
      PGC_CHECK(stairway.pass(i, rehearsal));
    if (fallen.empty() && rehearsal.up.result == RungResult::Broken) fallen = revision.id;
    if (wanted(revision) || rehearsal.up.result == RungResult::Broken) out.push_back(std::move(rehearsal));
  }
  return out;
}

Result<Effects> try_locks(const RenderedHistory& history, Stage& stage, std::vector<RevisionRehearsal>& revisions) {
  PGC_CHECK(stage.clear());
  PGC_TRY(Effects effects, stage.observe(history.up));
  for (auto& revision : revisions) {
    if (revision.up.result == RungResult::Good) revision.locks.result = RungResult::Good;
    for (const auto& effect : effects.statements) {
      if (effect.revision != revision.revision || revision.locks.result == RungResult::Broken) continue;
      if (!effect.not_observed.empty()) {
        revision.locks = {RungResult::NotTested, effect.not_observed};
        continue;
      }
      if (auto hazard = lock_hazard(effect); !hazard.empty())
        revision.locks = {RungResult::Broken,
                          fmt::format("{} (seen on PostgreSQL {})", hazard, effects.server_version)};
    }
  }
  return effects;
}

std::string lock_hazard(const StatementEffect& effect) {
  static constexpr std::string_view kKeepsWritersOut[] = {"SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE",
                                                          "ACCESS EXCLUSIVE"};
  const auto lock_on = [&](const std::string& relation) -> std::string {
    const auto lock = std::ranges::find(effect.locks, relation, &LockTaken::relation);
    if (lock == effect.locks.end() || std::ranges::find(kKeepsWritersOut, lock->mode) == std::end(kKeepsWritersOut))
      return {};
    return lock->mode;
  };
  const std::string statement = effect.text.substr(0, effect.text.find('\n', effect.text.find_first_not_of(" \n")));
  for (const auto* list : {&effect.rewritten, &effect.scanned})
    for (const auto& table : *list) {
      const std::string mode = table.made ? "" : lock_on(table.relation);
      if (mode.empty()) continue;
      const auto index = std::ranges::find(effect.indexes, table.relation, &IndexBuilt::table);
      const std::string act = list == &effect.rewritten       ? "rewrites " + table.relation
                              : index != effect.indexes.end() ? fmt::format("builds an index on {}", table.relation)
                                                              : fmt::format("reads all of {}", table.relation);
      return fmt::format("{} under {}: {}", act, mode, statement);
    }
  return {};
}

}  // namespace pgcontract::rehearse
