#pragma once
// The limits of tenancy.limits as a tenant's role carries them: which parameters, which values, and what two spellings
// of a value have in common. Read by compare/ and plan/. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/contract.hpp"
#include "model/observation.hpp"

namespace pgcontract::tenancy {

struct RoleLimit {
  std::string_view parameter;  // "statement_timeout"
  std::string value;           // "30s"
  int since_major = 14;        // older servers do not know it
  bool privileged = false;     // only a superuser, or who was granted SET on it, may give it; else anybody may
};
// Those that the contract wants, whatever the server.
std::vector<RoleLimit> role_limits(const Contract& contract);

// The value in the parameter's own unit (ms, kB), however it is spelt; nothing where it is no value.
std::optional<std::int64_t> limit_value(std::string_view parameter, std::string_view text);

// The value of the parameter that is in force for the role; nothing where it has none.
std::optional<std::string_view> held_limit(const Role& role, std::string_view parameter);

bool is_known_to(const ServerFacts& server, const RoleLimit& limit);
// Whether who observed may give it: a superuser, or from PostgreSQL 15 on a role that was itself granted SET on it.
bool may_be_given(const Observation& observation, const RoleLimit& limit);

}  // namespace pgcontract::tenancy
