#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "command/list.hpp"
#include "command/world.hpp"
#include "contract/environment.hpp"
#include "contract/load.hpp"
#include "contract/rules.hpp"
#include "contract/starter.hpp"
#include "observe/observe.hpp"

namespace pgcontract::command {
namespace {

namespace fs = std::filesystem;

Result<Environment> environment_from(const std::string& source) {
  if (source.empty())
    return fail(ErrorCode::Usage, "which database?",
                "Say where its DSN is: --from env:DATABASE_URL or --from file:/run/secrets/postgres-dsn.");
  if (const auto complaint = contract::check(contract::rule::kDsnFrom, source))
    return fail(ErrorCode::Usage, "--from " + complaint->message, complaint->hint);
  Environment environment;
  environment.name = contract::kStarterEnvironment;
  const auto colon = source.find(':');
  environment.source = source.starts_with("env:") ? Environment::Source::Variable : Environment::Source::File;
  environment.variable_or_path = source.substr(colon + 1);
  return environment;
}

Result<void> write_whole(const std::string& path, const std::string& text) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
  const auto failed = [&](std::string_view what) {
    const int error = errno;
    unlink(temporary.c_str());
    return fail(error == ENOSPC ? ErrorCode::OutOfSpace : ErrorCode::Io,
                fmt::format("{}: {}", what, std::strerror(error)), "Nothing was written.", path);
  };
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return failed("cannot create a file there");
  bool good = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  good = close(file) == 0 && good;
  if (!good || rename(temporary.c_str(), path.c_str()) != 0) return failed("cannot write");
  return {};
}

}  // namespace

Result<Report> run_init(const Arguments& arguments) {
  Place place;
  PGC_TRY(place.environment, environment_from(arguments.get("--from")));
  const std::string output = arguments.get("--output", arguments.contract_file);
  if (fs::exists(output) && !arguments.yes)
    return fail(ErrorCode::Conflict, "there is a contract already", "Add --yes to write over it.", output);
  place.contract.directory = fs::current_path().string();
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  World world;
  PGC_TRY(world.observation, observe::observe_server(connection, place.contract));
  contract::StarterOptions options;
  options.name = arguments.get("--name");
  options.dsn_from = arguments.get("--from");
  const std::string text = contract::starter_contract(world.observation, options);
  auto parsed = contract::parse_contract(text, output, place.contract.directory);
  if (!parsed) return fail(parsed.error().front());
  PGC_CHECK(write_whole(output, text));
  place.contract = std::move(*parsed);
  Report report;
  report.command = "init";
  report.scene = scene_of(place, dsn.describe(), &world);
  report.notes = {fmt::format("wrote {}", output)};
  report.next = {"pgcontract verify", "pgcontract plan"};
  return report;
}

}  // namespace pgcontract::command
