#pragma once
// Up, down and up again with every revision of a history, in the order in which Alembic runs them from the base, with
// the fingerprint of the schema compared at every rung; then its SQL a second time, in both directions. One start of
// Alembic renders a direction of the whole history; only revisions that it cannot render are run by Alembic. No rung
// stops the next: after one that breaks, the schema is built anew up to there. One thread.

#include <functional>
#include <string_view>
#include <vector>

#include "model/migrations.hpp"
#include "model/rehearsal.hpp"
#include "rehearse/stage.hpp"

namespace pgcontract::rehearse {

using OnRevision = std::function<void(int done, int total, std::string_view revision)>;

// A whole history as SQL, in both directions. `graph` has no problems.
struct RenderedHistory {
  const RevisionGraph* graph = nullptr;  // outlives it
  fleet::Script up;                      // from the base to the heads
  fleet::Script down;
};
Result<RenderedHistory> render_history(const Contract& contract, const RevisionGraph& graph,
                                       const fleet::Render& render);

// `stage` stands at the base, and at the heads afterwards where every revision goes up. Revisions that are not `wanted`
// are only gone over. An error where the rehearsal itself cannot go on: no connection, stopped by the user.
Result<std::vector<RevisionRehearsal>> walk_stairway(const RenderedHistory& history, Stage& stage,
                                                     const std::function<bool(const Revision&)>& wanted,
                                                     const OnRevision& on_revision);

// From the base to the heads once more, statement by statement, for the locks: `stage` is cleared first. What a
// statement keeps others out for while it reads or rewrites a whole table breaks the revision's rung `locks`.
Result<Effects> try_locks(const RenderedHistory& history, Stage& stage, std::vector<RevisionRehearsal>& revisions);

// Why a statement is not safe while the service runs; empty: it is. Pure.
std::string lock_hazard(const StatementEffect& effect);

// "index ix_a: is there, and should not be; column a.b default: …", the first few. Pure.
std::string told(const std::vector<Difference>& differences);

}  // namespace pgcontract::rehearse
