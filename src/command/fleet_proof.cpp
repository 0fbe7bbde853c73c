#include "command/fleet_proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "command/drift.hpp"
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

Result<Drift> prove_alike(const Place& place, const postgres::Dsn& dsn, const fleet::Survey& survey,
                          const std::vector<fleet::Passage>& passages) {
  using Rows = std::vector<std::string>;
  std::vector<fingerprint::Wanted> wanted;
  std::vector<Rows> rows;
  std::set<std::string> passed;
  const auto add = [&](const FleetSchema& schema, const Rows& at) {
    wanted.push_back(wanted_of(place.contract, schema));
    rows.push_back(at);
  };
  for (const auto& passage : passages) {
    passed.insert(passage.schema.name);
    const bool there = passage.state == StepState::Done || passage.state == StepState::Unneeded;
    if (there && passage.schema.tenant) add(passage.schema, passage.script->to);
  }
  // Who is there from before has been seen to be as it should: one of them is compared too, so that one who comes alone
  // is compared with somebody.
  for (const auto& at : std::set<Rows>(rows.begin(), rows.end())) {
    const auto other = std::ranges::find_if(survey.tenants.schemas, [&](const FleetSchema& schema) {
      return schema.has_table && schema.rows == at && !passed.contains(schema.name);
    });
    if (other != survey.tenants.schemas.end()) add(*other, at);
  }
  Drift drift;
  if (wanted.empty()) return drift;
  PGC_TRY(const auto fingerprints, read(place, dsn, wanted));
  // All that end at the same rows, wherever they came from.
  std::map<Rows, std::vector<const SchemaFingerprint*>> alike;
  for (std::size_t i = 0; i < wanted.size(); ++i) alike[rows[i]].push_back(&fingerprints[i]);
  for (const auto& [at, schemas] : alike) {
    const std::string where = at.empty() ? "base" : fmt::format("{}", fmt::join(at, ", "));
    if (schemas.size() == 1)
      drift.uncompared.push_back(fmt::format("{}: no other tenant is at {}", schemas.front()->schema, where));
    else
      drift.sets.push_back(fingerprint::compare_alike("tenants at " + where, schemas));
  }
  return drift;
}

Result<void> prove_against_database(const Place& place, const postgres::Dsn& dsn,
                                    const std::vector<fleet::Passage>& passages, report::Progress& progress,
                                    Drift& drift) {
  std::set<std::string> moved;
  for (const auto& passage : passages)
    if (passage.state == StepState::Done) moved.insert(passage.schema.name);
  if (moved.empty()) return {};
  int tenants = 0;
  std::size_t left_out = 0;
  PGC_TRY(Drift built, find_drift(place, dsn, std::string(kAgainstDatabase), progress, tenants, left_out));
  for (auto& set : built.sets) {
    for (auto& group : set.groups)
      std::erase_if(group.schemas, [&](const std::string& schema) { return !moved.contains(schema); });
    std::erase_if(set.groups, [](const DriftGroup& group) { return group.schemas.empty(); });
    drift.sets.push_back(std::move(set));
  }
  std::ranges::move(built.uncompared, std::back_inserter(drift.uncompared));
  return {};
}

namespace {

// What most schemas at these rows are.
Result<std::optional<SchemaFingerprint>> model_at(const Place& place, const postgres::Dsn& dsn,
                                                  const std::vector<FleetSchema>& schemas,
                                                  const std::vector<std::string>& rows) {
  std::vector<fingerprint::Wanted> wanted;
  for (const auto& schema : schemas)
    if (schema.has_table && schema.rows == rows) wanted.push_back(wanted_of(place.contract, schema));
  if (wanted.empty()) return std::optional<SchemaFingerprint>{};
  PGC_TRY(auto found, read(place, dsn, wanted));
  std::vector<const SchemaFingerprint*> all;
  for (const auto& fingerprint : found) all.push_back(&fingerprint);
  const auto reference = fingerprint::compare_alike("", all).reference;
  return std::move(*std::ranges::find(found, reference, &SchemaFingerprint::schema));
}

// But for the version table, which a schema that was made otherwise does not have.
bool is_like(const SchemaFingerprint& model, const SchemaFingerprint& found, const std::string& version_table) {
  if (model.root == found.root) return true;
  if (found.has_version_table) return false;
  return std::ranges::all_of(fingerprint::differences(model, found), [&](const Difference& difference) {
    if (difference.found) return false;  // it has what the model has not
    return difference.object == version_table || difference.object.starts_with(version_table + ".") ||
           difference.object == version_table + "_pkc";
  });
}

}  // namespace

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
  const std::string& table = place.contract.migrations->version_table;
  std::vector<Group> refused;
  for (auto& group : groups) {
    if (group.error || group.route.empty()) continue;
    const auto& there = group.application ? survey.application.schemas : survey.tenants.schemas;
    PGC_TRY(const auto model, model_at(place, dsn, there, group.script.to));
    std::vector<fingerprint::Wanted> wanted;
    for (const auto& schema : group.schemas) wanted.push_back(wanted_of(place.contract, schema));
    std::vector<SchemaFingerprint> found;
    if (model) {
      PGC_TRY(found, read(place, dsn, wanted));
    }
    std::vector<FleetSchema> agreeing;
    Group others{group.application, group.rows, {}, {}, {}, {}, nullptr};
    for (std::size_t i = 0; i < group.schemas.size(); ++i)
      (model && is_like(*model, found[i], table) ? agreeing : others.schemas).push_back(std::move(group.schemas[i]));
    group.schemas = std::move(agreeing);
    if (others.schemas.empty()) continue;
    others.error = Error{
        ErrorCode::Conflict,
        model ? fmt::format("it is not what {} is, which is at that revision", model->schema)
              : std::string("no schema is at that revision, so nothing shows that this one is what the revision makes"),
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
