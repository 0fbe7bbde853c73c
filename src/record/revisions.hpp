#pragma once
// From what Alembic was heard to say to the statements of each revision: what was rolled back is taken out, what
// belongs to the session too, and the moves of the version rows tell where one revision ends. Two runs are held against
// each other. Pure; any thread.

#include <map>
#include <string>
#include <vector>

#include "alembic/route.hpp"
#include "base/result.hpp"
#include "base/uuid.hpp"
#include "fleet/script.hpp"
#include "record/statement.hpp"
#include "record/transcript.hpp"

namespace pgcontract::record {

using Revisions = std::map<std::string, fleet::RecordedRevision>;  // by id

// `steps` are those of one run of Alembic, in its order. An Error, whose message says why, where the transcript cannot
// be divided among them at all; a revision that cannot be sent again has `refused`.
Result<Revisions> revisions_of(const Transcript& transcript, const alembic::Route& steps,
                               const Surroundings& surroundings);

// Another run of the same steps, for another tenant and with other row counts: what is not the same but for the
// tenant's name is refused, because it came from somewhere else than the catalog.
void hold_against(Revisions& revisions, const Uuid& tenant, const Revisions& others, const Uuid& other_tenant);

// Refuses what names the disposable database, or the tenant in a spelling that cannot be replaced.
void refuse_mentions(Revisions& revisions, const Uuid& tenant, const std::string& database);

}  // namespace pgcontract::record
