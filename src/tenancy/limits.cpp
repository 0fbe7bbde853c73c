#include "tenancy/limits.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "model/acl.hpp"

namespace pgcontract::tenancy {
namespace {

constexpr std::string_view kTempFileLimit = "temp_file_limit";
constexpr double kOutOfReach = 1e12;  // far above what PostgreSQL can hold, and exact in a double

// How many of the parameter's own unit one of `unit` is; 0 where there is no such unit.
double factor_of(std::string_view parameter, std::string_view unit) {
  using Units = std::pair<std::string_view, double>;
  static constexpr Units kTimes[] = {{"", 1},      {"us", 0.001},    {"ms", 1},        {"s", 1'000},
                                     {"min", 6e4}, {"h", 3'600'000}, {"d", 86'400'000}};
  static constexpr Units kSizes[] = {{"", 1},      {"B", 1.0 / 1024}, {"kB", 1},
                                     {"MB", 1024}, {"GB", 1048576},   {"TB", 1073741824}};
  const bool size = parameter == kTempFileLimit;
  for (const auto* at = size ? std::begin(kSizes) : std::begin(kTimes);
       at != (size ? std::end(kSizes) : std::end(kTimes)); ++at)
    if (at->first == unit) return at->second;
  return 0;
}

}  // namespace

std::vector<RoleLimit> role_limits(const Contract& contract) {
  std::vector<RoleLimit> wanted;
  if (!contract.tenancy) return wanted;
  const TenancyLimits& limits = contract.tenancy->limits;
  for (RoleLimit limit :
       {RoleLimit{"statement_timeout", limits.statement_timeout}, RoleLimit{"lock_timeout", limits.lock_timeout},
        RoleLimit{"transaction_timeout", limits.transaction_timeout, 17},
        RoleLimit{"idle_in_transaction_session_timeout", limits.idle_in_transaction_session_timeout},
        RoleLimit{"idle_session_timeout", limits.idle_session_timeout},
        RoleLimit{kTempFileLimit, limits.temp_file_limit, 14, true}})
    if (!limit.value.empty()) wanted.push_back(std::move(limit));
  return wanted;
}

std::optional<std::int64_t> limit_value(std::string_view parameter, std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str()) return std::nullopt;
  std::string_view unit(end);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  while (unit.ends_with(' ')) unit.remove_suffix(1);
  const double factor = factor_of(parameter, unit);
  const double value = number * factor;
  if (factor == 0 || !(std::abs(value) < kOutOfReach)) return std::nullopt;
  return std::llround(value);
}

std::optional<std::string_view> held_limit(const Role& role, std::string_view parameter) {
  // Those for this database stand before those for all.
  for (Text setting : role.settings)
    if (setting.starts_with(parameter) && setting.substr(parameter.size()).starts_with('='))
      return setting.substr(parameter.size() + 1);
  return std::nullopt;
}

bool is_known_to(const ServerFacts& server, const RoleLimit& limit) {
  return server.version_num >= limit.since_major * 10000;
}

bool may_be_given(const Observation& observation, const RoleLimit& limit) {
  if (!limit.privileged || observation.server.current_role_superuser) return true;
  const auto at = std::ranges::find(observation.parameters, limit.parameter, &ParameterAcl::name);
  return at != observation.parameters.end() &&
         privileges_of(parse_acl(at->acl), observation.server.current_role).find('s') != std::string::npos;
}

}  // namespace pgcontract::tenancy
