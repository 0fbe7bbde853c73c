#include "contract/coherence.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.hpp"
#include "contract/rules.hpp"

namespace pgcontract::contract {
namespace {

struct Named {
  std::string path;
  std::string name;
};

// Each pair of equal names, reported where one of them is written (the other may be a default).
void check_distinct(const std::vector<Named>& names, std::string_view why, const Places& places, Problems& problems) {
  for (std::size_t later = 0; later < names.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (names[later].name != names[earlier].name || names[later].name.empty()) continue;
      const Named* written = &names[later];
      const Named* other = &names[earlier];
      if (!places.contains(written->path)) std::swap(written, other);
      const auto place = places.find(written->path);
      if (place == places.end()) continue;
      problems.add(place->second,
                   fmt::format("{} is {}, the same as {}", written->path, shown(written->name), other->path),
                   std::string(why));
    }
  }
}

void check_environments(const Contract& contract, const Places& places, Problems& problems) {
  for (const auto& environment : contract.environments) {
    const std::string path = fmt::format("environments.{}.database", environment.name);
    const auto place = places.find(path);
    if (environment.source == Environment::Source::Embedded || place == places.end()) continue;
    problems.add(place->second, path + " has no effect: the DSN names the database",
                 "Remove it; it is for environments with dsn: embedded.");
  }
}

void check_demo(const Contract& contract, const Places& places, Problems& problems) {
  if (!contract.schemas.demo) return;
  std::vector<std::string_view> known;
  for (const auto& environment : contract.environments) known.push_back(environment.name);
  const auto& wanted = contract.schemas.demo->environments;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (std::find(known.begin(), known.end(), wanted[i]) != known.end()) continue;
    const std::string path = fmt::format("schemas.demo.environments[{}]", i);
    const auto near = nearest(wanted[i], known);
    const auto place = places.find(path);
    if (place == places.end()) continue;
    problems.add(place->second,
                 fmt::format("{} names the environment {}, which does not exist", path, shown(wanted[i])),
                 near.empty() ? "Name one of those under environments." : fmt::format("Did you mean {}?", near));
  }
}

void check_schemas(const Contract& contract, const Places& places, Problems& problems) {
  const auto& schemas = contract.schemas;
  std::vector<Named> names = {{"schemas.application.name", schemas.application.name},
                              {"schemas.extensions.name", schemas.extensions}};
  if (schemas.demo) names.push_back({"schemas.demo.name", schemas.demo->name});
  if (schemas.telemetry) names.push_back({"schemas.telemetry.name", schemas.telemetry->name});
  check_distinct(names, "Each of these schemas has rules of its own: give them different names.", places, problems);
  if (!contract.tenancy) return;
  for (const auto& [path, name] : names)
    if (const auto place = places.find(path); place != places.end() && contract.tenancy->tenant_of_schema(name))
      problems.add(place->second, path + " looks like a tenant's schema",
                   "Choose a name that tenancy.schema cannot make.");
}

void check_roles(const Contract& contract, const Places& places, Problems& problems) {
  if (!contract.tenancy) return;
  const auto& roles = contract.tenancy->roles;
  check_distinct({{"tenancy.roles.owner", roles.owner},
                  {"tenancy.roles.definer", roles.definer},
                  {"tenancy.roles.tenant_group", roles.tenant_group},
                  {"tenancy.roles.migrator", roles.migrator}},
                 "One role for two purposes would join their rights: give them different names.", places, problems);
}

void check_waivers(const Contract& contract, Problems& problems) {
  const auto& waivers = contract.waivers;
  for (std::size_t later = 0; later < waivers.size(); ++later) {
    const auto same = [&](const Waiver& earlier) {
      return earlier.clause == waivers[later].clause && earlier.object == waivers[later].object;
    };
    const auto end = waivers.begin() + static_cast<std::ptrdiff_t>(later);
    const auto first = std::find_if(waivers.begin(), end, same);
    if (first == end || first->clause.empty()) continue;
    problems.add({waivers[later].mark.line, waivers[later].mark.column},
                 fmt::format("waivers[{}] waives {} for {} again", later, first->clause, shown(first->object)),
                 fmt::format("It is waived on line {} already: keep one of them.", first->mark.line));
  }
}

}  // namespace

void check_coherence(const Contract& contract, const Places& places, Problems& problems) {
  check_environments(contract, places, problems);
  check_demo(contract, places, problems);
  check_schemas(contract, places, problems);
  check_roles(contract, places, problems);
  check_waivers(contract, problems);
}

}  // namespace pgcontract::contract
