#pragma once
// One schema on a disposable database, the application's or that of a made-up tenant, which is led up and down its
// history by the same means as a fleet: scripts rendered once by Alembic, run natively. One thread.

#include <string>
#include <vector>

#include "alembic/revision_map.hpp"
#include "fingerprint/read.hpp"
#include "fleet/script.hpp"
#include "model/contract.hpp"
#include "model/effect.hpp"
#include "model/fleet.hpp"
#include "rehearse/disposable.hpp"

namespace pgcontract::rehearse {

class Stage {
 public:
  // Makes the schema, at the base with an empty version table. `contract` and `database` outlive the stage.
  static Result<Stage> set(const Contract& contract, const DisposableDatabase& database, bool application);

  const FleetSchema& schema() const { return schema_; }
  const std::string& section() const { return section_; }

  // Leads it over a script. What fails is told with the revision and statement.
  Result<void> advance(const fleet::Script& script);
  // The script's SQL once more, without the moves of the version rows, as it would run after a run that was cut short
  // before its last statement. Not for parts that are delegated.
  Result<void> repeat(const fleet::Script& script);
  Result<Effects> observe(const fleet::Script& script);
  Result<fingerprint::SchemaFingerprint> fingerprint();
  // Drops the schema and makes it anew.
  Result<void> clear();

 private:
  Stage(const Contract& contract, const DisposableDatabase& database, postgres::Connection connection,
        bool application);

  const Contract& contract_;
  const DisposableDatabase& database_;
  postgres::Connection connection_;
  std::string section_;
  FleetSchema schema_;
  fingerprint::Wanted wanted_;
};

// The part of a script that one revision is, for a schema at other rows than when the whole was rendered: `step` says
// how the rows move from `rows`. Pure.
fleet::Script script_of(const fleet::Script& whole, const alembic::RouteStep& step, std::vector<std::string> rows);

}  // namespace pgcontract::rehearse
