#include "contract/environment.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "base/suggest.hpp"
#include "base/text_file.hpp"
#include "contract/rules.hpp"

namespace pgcontract::contract {
namespace {

constexpr std::size_t kMaxDsnBytes = 64 * 1024;
constexpr unsigned kOthersMayReadOrWrite = 06;

Result<SecretString> read_variable(const Environment& environment) {
  const std::string& name = environment.variable_or_path;
  const char* value = std::getenv(name.c_str());
  if (value != nullptr && *value != '\0') return SecretString(value);
  return fail(ErrorCode::Environment,
              fmt::format("environment \"{}\": the variable {} is {}", environment.name, name,
                          value == nullptr ? "not set" : "empty"),
              fmt::format("Export it: export {}=postgresql://user@host:5432/database", name), name);
}

// Drops the newline that editors and `echo` leave behind. Any other would be sent to the server as part of a value.
Result<SecretString> one_line(const SecretString& text, const std::string& path, const std::string& environment) {
  std::string_view line = text.reveal();
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty())
    return fail(ErrorCode::Environment, fmt::format("environment \"{}\": the file is empty", environment),
                "Write the DSN into it, on one line.", path);
  if (line.find_first_of(std::string_view("\0\r\n", 3)) != line.npos)
    return fail(ErrorCode::Environment,
                fmt::format("environment \"{}\": the file holds more than one line", environment),
                "Write the DSN into it on one line, and nothing else.", path);
  return SecretString(std::string(line));
}

Result<SecretString> read_file(const Contract& contract, const Environment& environment) {
  // operator/ keeps an absolute path as it is.
  const std::string path = (std::filesystem::path(contract.directory) / environment.variable_or_path).string();
  auto file = read_text_file(path, kMaxDsnBytes);
  if (!file) {
    Error error = std::move(file).error();
    error.code = ErrorCode::Environment;
    error.message = fmt::format("environment \"{}\": {}", environment.name, error.message);
    return fail(std::move(error));
  }
  if ((file->mode & kOthersMayReadOrWrite) != 0)
    return fail(
        ErrorCode::Environment,
        fmt::format("environment \"{}\": every user of this machine may {} the file (mode {:04o})", environment.name,
                    (file->mode & 04) != 0 ? "read" : "change", file->mode),
        fmt::format("Run: chmod 600 {} (for a mounted secret, set its mode to 0400 where it is mounted).", path), path);
  return one_line(file->text, path, environment.name);
}

}  // namespace

Result<const Environment*> choose_environment(const Contract& contract, const std::string& name) {
  if (contract.environments.empty())
    return fail(ErrorCode::NotFound, "the contract has no environments", "Add one under environments.", contract.file);
  if (name.empty()) return &contract.environments.front();
  std::vector<std::string_view> known;
  std::string list;
  for (const auto& environment : contract.environments) {
    if (environment.name == name) return &environment;
    known.push_back(environment.name);
    list += (list.empty() ? "" : ", ") + environment.name;
  }
  std::string hint;
  if (const auto near = nearest(name, known); !near.empty()) hint = fmt::format("Did you mean {}? ", near);
  return fail(ErrorCode::NotFound, fmt::format("there is no environment {}", shown(name)),
              fmt::format("{}The contract has: {}.", hint, list), contract.file);
}

Result<SecretString> read_dsn(const Contract& contract, const Environment& environment) {
  switch (environment.source) {
    case Environment::Source::Variable: return read_variable(environment);
    case Environment::Source::File: return read_file(contract, environment);
    case Environment::Source::Embedded: break;
  }
  return fail(ErrorCode::Bug, fmt::format("environment \"{}\" is embedded and has no DSN to read", environment.name));
}

Result<SecretString> read_secret(const Contract& contract, const std::string& source, std::string_view what) {
  const std::string place = source.substr(source.find(':') + 1);
  if (source.starts_with("env:")) {
    const char* value = std::getenv(place.c_str());
    if (value != nullptr && *value != '\0') return SecretString(value);
    return fail(ErrorCode::Environment, fmt::format("{}: the variable {} is not set", what, place),
                "Export it where pgcontract runs, or keep it in a file: file:PATH.", place);
  }
  const std::string path = (std::filesystem::path(contract.directory) / place).string();
  PGC_TRY(auto file, read_text_file(path, kMaxDsnBytes));
  if ((file.mode & kOthersMayReadOrWrite) != 0)
    return fail(ErrorCode::Environment, fmt::format("{}: every user of this machine may read or change it", what),
                fmt::format("Run: chmod 600 {}", path), path);
  return std::move(file.text);
}

}  // namespace pgcontract::contract
