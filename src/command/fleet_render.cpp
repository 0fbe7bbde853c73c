// The scripts of a fleet's groups: rendered by Alembic, recorded where it cannot render, and which schemas a recording
// is good for.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "command/fleet.hpp"
#include "fingerprint/design.hpp"
#include "fleet/reach.hpp"
#include "record/recorder.hpp"

namespace pgcontract::command {
namespace {

// Asks Alembic each thing once: a group that is divided is rendered again.
fleet::Render remembered(fleet::Render render) {
  auto answers = std::make_shared<std::map<std::vector<std::string>, fleet::Printed>>();
  return [answers, render = std::move(render)](const std::vector<std::string>& arguments) -> Result<fleet::Printed> {
    if (const auto known = answers->find(arguments); known != answers->end()) return known->second;
    PGC_TRY(auto printed, render(arguments));
    return answers->emplace(arguments, std::move(printed)).first->second;
  };
}

std::string described(const Difference& difference) {
  std::string text = fmt::format("{} {}", difference.kind, difference.object);
  if (!difference.attribute.empty()) return fmt::format("{}: {}", text, difference.attribute);
  return text + (difference.found ? " is not expected" : " is missing");
}

class Renderer {
 public:
  Renderer(const Place& place, const postgres::Dsn& dsn, const std::function<void(std::string_view)>& on_line)
      : place_(place), dsn_(dsn), on_line_(on_line), recorder_(place.contract, dsn, on_line) {}

  // A group of those that cannot have what was recorded for the others is given back.
  Result<std::optional<Group>> render(Group& group, const Rendering& rendering) {
    const Migrations& migrations = *place_.contract.migrations;
    const auto renderer = remembered(fleet::alembic_renderer(
        place_.contract, group.application ? migrations.application_section : migrations.tenant_section, dsn_.url()));
    const auto script = [&](const fleet::Record& record) {
      return fleet::make_script(group.rows, group.route, place_.contract.directory, migrations.version_table, renderer,
                                record);
    };
    // For one schema, Alembic itself is as fast.
    if (!rendering.records || group.application || group.schemas.size() < 2) {
      PGC_TRY(group.script, script({}));
      return std::nullopt;
    }
    std::optional<record::Recording> recording;
    PGC_TRY(group.script, script([&]() -> Result<fleet::Recorded> {
              on_line_("recording one run of Alembic");
              PGC_TRY(recording, recorder_.record(group.rows, group.route));
              return recording->recorded;
            }));
    if (std::ranges::none_of(group.script.parts, &fleet::Part::recorded)) return std::nullopt;
    // What a delegated revision makes may depend on rows, of which the scratch schema has none.
    const bool delegates =
        std::ranges::find(group.script.parts, fleet::Mode::Delegate, &fleet::Part::mode) != group.script.parts.end();
    if (!delegates)
      group.recorded = std::make_shared<const fingerprint::SchemaFingerprint>(std::move(recording->after));
    std::string why;
    PGC_TRY(std::vector<FleetSchema> odd, take_odd(group, recording->before, why));
    if (odd.empty()) return std::nullopt;
    Group others{false, group.rows, std::move(odd), group.route, {}, {}, nullptr};
    PGC_TRY(others.script, script([&]() -> Result<fleet::Recorded> { return fail(ErrorCode::Conflict, why); }));
    return others;
  }

 private:
  // What was recorded holds where the schema looks as the scratch schema did.
  Result<std::vector<FleetSchema>> take_odd(Group& group, const fingerprint::SchemaFingerprint& before,
                                            std::string& why) {
    std::vector<fingerprint::Wanted> wanted;
    for (const auto& schema : group.schemas)
      wanted.push_back(fingerprint::tenant_wanted(*place_.contract.tenancy, *schema.tenant));
    PGC_TRY(auto connection, postgres::Connection::open(dsn_));
    PGC_TRY(const auto found,
            fingerprint::read_fingerprints(connection, wanted, {place_.contract.migrations->version_table}));
    std::vector<const fingerprint::SchemaFingerprint*> all;
    for (const auto& schema : found) all.push_back(&schema);
    DriftSet set = fingerprint::compare_with("", before, all);
    fingerprint::without_the_design(set);
    std::vector<std::string> names;
    for (const auto& differing : set.groups)
      names.insert(names.end(), differing.schemas.begin(), differing.schemas.end());
    std::ranges::sort(names);
    const auto odd = std::ranges::stable_partition(
        group.schemas, [&](const FleetSchema& schema) { return !std::ranges::binary_search(names, schema.name); });
    std::vector<FleetSchema> out(odd.begin(), odd.end());
    group.schemas.erase(odd.begin(), odd.end());
    if (!set.groups.empty())
      why = fmt::format("{} is not what the migrations make ({})", set.groups.front().schemas.front(),
                        described(set.groups.front().differences.front()));
    return out;
  }

  const Place& place_;
  const postgres::Dsn& dsn_;
  const std::function<void(std::string_view)>& on_line_;
  record::Recorder recorder_;
};

}  // namespace

Result<void> render(const Place& place, const postgres::Dsn& dsn, std::vector<Group>& groups,
                    const Rendering& rendering, const std::function<void(std::string_view)>& on_line) {
  Renderer renderer(place, dsn, on_line);
  std::vector<Group> divided;
  for (auto& group : groups) {
    if (group.error || group.route.empty()) continue;
    PGC_TRY(auto others, renderer.render(group, rendering));
    if (others) divided.push_back(std::move(*others));
  }
  std::erase_if(groups, [](const Group& group) { return group.schemas.empty(); });
  std::ranges::move(divided, std::back_inserter(groups));
  for (auto& group : groups)
    if (!group.error && !group.application && !rendering.shared) group.error = fleet::reaches_out(group.script);
  return {};
}

}  // namespace pgcontract::command
