// Drift in the JSON format; json_schema.cpp publishes it.

#include <nlohmann/json.hpp>

#include "report/drift.hpp"

namespace pgcontract::report {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

Json difference_json(const Difference& difference) {
  return {{"kind", difference.kind},
          {"object", difference.object},
          {"attribute", difference.attribute.empty() ? Json(nullptr) : Json(difference.attribute)},
          {"expected", or_null(difference.expected)},
          {"found", or_null(difference.found)},
          {"mend", Json(difference.mend)},
          {"no_mend", difference.no_mend.empty() ? Json(nullptr) : Json(difference.no_mend)}};
}

Json set_json(const DriftSet& set) {
  Json groups = Json::array();
  for (const auto& group : set.groups) {
    Json differences = Json::array();
    for (const auto& difference : group.differences) differences.push_back(difference_json(difference));
    groups.push_back(
        Json{{"schemas", Json(group.schemas)}, {"fingerprint", group.root}, {"differences", std::move(differences)}});
  }
  return {{"name", set.name},        {"heads", Json(set.heads)}, {"reference", set.reference},
          {"fingerprint", set.root}, {"alike", set.alike},       {"groups", std::move(groups)}};
}

}  // namespace

Json drift_json(const Drift& drift) {
  Json sets = Json::array();
  for (const auto& set : drift.sets) sets.push_back(set_json(set));
  return {{"found", drift.found()}, {"sets", std::move(sets)}, {"uncompared", Json(drift.uncompared)}};
}

}  // namespace pgcontract::report
