#include "cluster/programs.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace pgcontract::cluster {
namespace {

namespace fs = std::filesystem;

int major_of_debian(const fs::path& programs) { return std::atoi(programs.parent_path().filename().c_str()); }

// "postgres (PostgreSQL) 15.20 (Debian …)"
int major_version(const fs::path& programs) {
  ProcessRequest request;
  request.arguments = {(programs / "postgres").string(), "--version"};
  const auto result = run_process(request);
  if (!result || result->exit_code != 0) return 0;
  const auto at = result->output.find(") ");
  return at == std::string::npos ? 0 : std::atoi(result->output.c_str() + at + 2);
}

}  // namespace

std::string server_user() { return geteuid() == 0 ? "postgres" : ""; }

Result<fs::path> find_server_programs(int major) {
  std::vector<fs::path> found;
  std::error_code error;
  if (const char* given = std::getenv("PGCONTRACT_POSTGRES_BIN")) {
    found.emplace_back(given);
  } else {
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error))
      if (fs::exists(entry.path() / "bin/initdb")) found.push_back(entry.path() / "bin");
    std::ranges::sort(found, std::greater{}, major_of_debian);
    if (const std::string initdb = find_program("initdb"); !initdb.empty())
      found.push_back(fs::path(initdb).parent_path());
  }
  for (const auto& programs : found)
    if (major == 0 || major_version(programs) == major) return programs;
  const std::string what = major == 0 ? "PostgreSQL" : fmt::format("PostgreSQL {}", major);
  return fail(ErrorCode::NotFound, fmt::format("no server programs of {} were found on this machine", what),
              "Install the package postgresql, or set PGCONTRACT_POSTGRES_BIN to the folder that holds initdb.");
}

Result<ProcessResult> run_server_program(const fs::path& program, const std::vector<std::string>& arguments,
                                         int deadline_ms) {
  ProcessRequest request;
  request.arguments = {program.string()};
  request.arguments.insert(request.arguments.end(), arguments.begin(), arguments.end());
  request.user = server_user();
  request.directory = "/";
  request.environment = {{"LC_ALL", "C.UTF-8"}};
  request.environment_removed = {"PGDATA", "PGPORT", "PGHOST", "PGOPTIONS", "PGSERVICE"};
  request.deadline_ms = deadline_ms;
  return run_process(request);
}

Result<void> give_to_server_user(const fs::path& path) {
  const std::string user = server_user();
  if (user.empty()) return {};
  const passwd* entry = getpwnam(user.c_str());
  if (!entry)
    return fail(ErrorCode::NotFound, fmt::format("there is no user {} to run the server as", user),
                "PostgreSQL refuses to run as root: install the package postgresql, or run as another user.");
  if (lchown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0)
    return fail(ErrorCode::Io, fmt::format("could not hand {} to user {}", path.string(), user));
  return {};
}

Result<void> make_private_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(ErrorCode::Io, fmt::format("could not create {}: {}", path.string(), error.message()));
  PGC_CHECK(give_to_server_user(path));
  fs::permissions(path, fs::perms::owner_all, error);
  return {};
}

}  // namespace pgcontract::cluster
