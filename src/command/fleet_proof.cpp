#include "command/fleet_proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fingerprint/design.hpp"

namespace pgcontract::command {
namespace {

using fingerprint::SchemaFingerprint;

fingerprint::Wanted wanted_of(const Contract& contract, const FleetSchema& schema) {
  return schema.tenant ? fingerprint::tenant_wanted(*contract.tenancy, *schema.tenant)
                       : fingerprint::Wanted{schema.name, {}};
}

Result<std::vector<SchemaFingerprint>> read(const Place& place, const postgres::Dsn& dsn,
                                            const std::vector<fingerprint::Wanted>& wanted) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  return fingerprint::read_fingerprints(connection, wanted, {place.contract.migrations->version_table});
}

}  // namespace

Result<Drift> prove_alike(const Place& place, const postgres::Dsn& dsn, const std::vector<fleet::Passage>& passages) {
  std::vector<fingerprint::Wanted> wanted;
  std::vector<const fleet::Passage*> migrated;
  for (const auto& passage : passages) {
    const bool there = passage.state == StepState::Done || passage.state == StepState::Unneeded;
    if (!there || !passage.schema.tenant) continue;
    wanted.push_back(wanted_of(place.contract, passage.schema));
    migrated.push_back(&passage);
  }
  Drift drift;
  if (wanted.size() < 2) return drift;
  PGC_TRY(const auto fingerprints, read(place, dsn, wanted));
  // All that end at the same rows, wherever they came from, with the first of them as the measure.
  std::map<std::vector<std::string>, std::vector<const SchemaFingerprint*>> alike;
  for (std::size_t i = 0; i < migrated.size(); ++i) alike[migrated[i]->script->to].push_back(&fingerprints[i]);
  for (const auto& [rows, schemas] : alike)
    if (schemas.size() > 1)
      drift.sets.push_back(fingerprint::compare_with(
          fmt::format("tenants at {}", rows.empty() ? "base" : fmt::format("{}", fmt::join(rows, ", "))),
          *schemas.front(), schemas));
  return drift;
}

Result<void> prove_recorded(const Place& place, const postgres::Dsn& dsn, const std::vector<Group>& groups,
                            const std::vector<fleet::Passage>& passages, Drift& drift) {
  for (const auto& group : groups) {
    const auto first = std::ranges::find_if(passages, [&](const fleet::Passage& passage) {
      return passage.script == &group.script && passage.state == StepState::Done && passage.schema.tenant;
    });
    if (!group.recorded || first == passages.end()) continue;
    PGC_TRY(const auto found, read(place, dsn, {wanted_of(place.contract, first->schema)}));
    drift.sets.push_back(
        fingerprint::compare_with(first->schema.name + " against the recorded run", *group.recorded, {&found.front()}));
    drift.sets.back().reference = "the schema that Alembic was recorded on";
    fingerprint::without_the_design(drift.sets.back());
  }
  return {};
}

Result<void> check_stamps(const Place& place, const postgres::Dsn& dsn, const fleet::Survey& survey,
                          std::vector<Group>& groups) {
  std::vector<Group> refused;
  for (auto& group : groups) {
    if (group.error || group.route.empty()) continue;
    std::vector<fingerprint::Wanted> wanted;
    const auto& models = group.application ? survey.application.schemas : survey.tenants.schemas;
    const auto model = std::ranges::find_if(
        models, [&](const FleetSchema& schema) { return schema.has_table && schema.rows == group.script.to; });
    if (model != models.end()) wanted.push_back(wanted_of(place.contract, *model));
    for (const auto& schema : group.schemas) wanted.push_back(wanted_of(place.contract, schema));
    std::vector<SchemaFingerprint> fingerprints;
    if (model != models.end()) {
      PGC_TRY(fingerprints, read(place, dsn, wanted));
    }
    std::vector<FleetSchema> agreeing;
    Group others{group.application, group.rows, {}, {}, {}, {}, nullptr};
    for (std::size_t i = 0; i < group.schemas.size(); ++i) {
      const bool agrees = !fingerprints.empty() && fingerprints[i + 1].root == fingerprints.front().root;
      (agrees ? agreeing : others.schemas).push_back(std::move(group.schemas[i]));
    }
    group.schemas = std::move(agreeing);
    if (others.schemas.empty()) continue;
    others.error = Error{
        ErrorCode::Conflict,
        model == models.end()
            ? std::string("no schema is at that revision, so nothing shows that this one is what the revision makes")
            : fmt::format("it is not what {} is, which is at that revision", model->name),
        "See what differs: pgcontract migrate drift. To stamp it all the same, add --force.",
        {},
        {},
        {}};
    refused.push_back(std::move(others));
  }
  std::erase_if(groups, [](const Group& group) { return group.schemas.empty(); });
  std::ranges::move(refused, std::back_inserter(groups));
  return {};
}

}  // namespace pgcontract::command
