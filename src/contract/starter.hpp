#pragma once
// A first contract.yaml, guessed from what an existing database looks like: every guess says in a comment what it was
// seen in. Pure: Observation in, text out; what comes out parses, whatever names the database holds. No state; any
// thread.

#include <string>
#include <string_view>

#include "model/observation.hpp"

namespace pgcontract::contract {

struct StarterOptions {
  std::string name;            // of the system, valid as such
  std::string dsn_from;        // "env:NAME" or "file:PATH", relative to the contract
  std::string alembic_config;  // alembic.ini, relative to the contract; empty: none was found
  std::string application_section;
  std::string tenant_section;  // empty: alembic.ini has none
};

// The environment the starter contract describes.
inline constexpr std::string_view kStarterEnvironment = "existing";

// The contract without waivers.
std::string starter_contract(const Observation& observation, const StarterOptions& options);

// Text as one YAML scalar: plain where that is safe, else in double quotes.
std::string yaml_scalar(std::string_view text);
// Text for a comment, shortened: names may hold line breaks, which would end the comment and begin YAML.
std::string one_line(std::string_view text);

}  // namespace pgcontract::contract
