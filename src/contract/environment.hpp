#pragma once
// Which environment a command is for, and the DSN it names: read late, kept as a SecretString, never printed. Reads the
// process's environment and files; no state, but getenv() makes it a matter for one thread at a time.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "model/contract.hpp"

namespace pgcontract::contract {

// The environment called `name`, or the first where it is empty. Points into `contract`.
Result<const Environment*> choose_environment(const Contract& contract, const std::string& name);

// The DSN of an environment that names a variable or a file. Embedded clusters have none: asking is a Bug.
Result<SecretString> read_dsn(const Contract& contract, const Environment& environment);

// A secret that the contract names as env:NAME or file:PATH, such as the key of backups; `what` is for messages.
Result<SecretString> read_secret(const Contract& contract, const std::string& source, std::string_view what);

}  // namespace pgcontract::contract
