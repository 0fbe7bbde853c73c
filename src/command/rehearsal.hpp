#pragma once
// What `migrate stairway` and `migrate check` share: the histories tried on a disposable database, and what was found
// written as the evidence that the clauses judge by. Values; the database is dropped before they are shown.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "command/world.hpp"
#include "model/rehearsal.hpp"
#include "rehearse/models.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {

struct RehearsalRequest {
  // Whether a revision is to be tried, or only gone over on the way.
  std::function<bool(const RevisionGraph& graph, const Revision& revision)> wanted;
  bool application = true;
  bool tenants = true;
  bool whole = false;  // locks and models too
};

struct Rehearsed {
  std::vector<RevisionRehearsal> revisions;
  std::vector<rehearse::ModelsCheck> models;
  Observation observation;                    // of the disposable database, with the evidence of this run
  std::map<std::string, std::string> detail;  // of that evidence
  std::string server_version;
  int swept = 0;  // databases that killed runs had left
};

Result<Rehearsed> rehearse_histories(const Place& place, const postgres::Dsn& dsn, const RehearsalRequest& request,
                                     report::Progress& progress);

// The clauses named, judged over the disposable database and the evidence.
Verdicts verdicts_of(const Place& place, const Rehearsed& rehearsed, const std::vector<std::string_view>& clauses);

Table rungs_of(const std::vector<RevisionRehearsal>& revisions, bool locks);
void add_swept(const Rehearsed& rehearsed, Report& report);

}  // namespace pgcontract::command
