#include "act/dump.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "act/program.hpp"
#include "base/process.hpp"

namespace pgcontract::act {
namespace {

namespace fs = std::filesystem;

constexpr int kDeadlineMs = 24 * 3'600'000;

// 15 for ".../15/bin"; 0 where the name tells nothing.
int major_of(const fs::path& programs) {
  const std::string text = programs.parent_path().filename().string();
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::vector<std::string> candidates() {
  std::vector<std::string> found;
  if (const char* given = std::getenv("PGCONTRACT_POSTGRES_BIN")) return {given};
  std::vector<fs::path> debian;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none))
    if (fs::exists(version.path() / "bin" / "pg_dump", none)) debian.push_back(version.path() / "bin");
  std::ranges::sort(debian, std::greater{}, major_of);
  for (const auto& directory : debian) found.push_back(directory.string());
  if (const std::string in_path = find_program("pg_dump"); !in_path.empty())
    found.push_back(fs::path(in_path).parent_path().string());
  return found;
}

// "pg_dump (PostgreSQL) 15.20 (Debian …)"
int major_version(const std::string& directory) {
  ProcessRequest request;
  request.arguments = {directory + "/pg_dump", "--version"};
  const auto result = run_process(request);
  if (!result || result->exit_code != 0) return 0;
  const auto at = result->output.find(") ");
  int number = 0;
  if (at != std::string::npos)
    std::from_chars(result->output.data() + at + 2, result->output.data() + result->output.size(), number);
  return number;
}

Result<std::string> run(ProcessRequest request, const std::string& what) {
  request.deadline_ms = kDeadlineMs;
  PGC_TRY(const auto result, run_process(request));
  if (result.exit_code == 0) return result.output;
  return fail(ErrorCode::Process, fmt::format("{} ended with {}: {}", what, result.exit_code, result.error_output),
              "Nothing was written under the final name.");
}

// "215; 1259 16400 TABLE DATA tenant_x research_items pgc_owner": what stands behind the numbers.
std::string_view entry_of(std::string_view line) {
  for (int field = 0; field < 3; ++field) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return {};
    line.remove_prefix(blank + 1);
  }
  return line;
}

bool is_left_out(const DumpRequest& request, std::string_view line) {
  const std::string_view entry = entry_of(line);
  const auto begins = [&](const std::string& kind) { return entry.starts_with(kind + " "); };
  if (std::ranges::any_of(request.left_out, begins)) return true;
  return entry.starts_with("FK CONSTRAINT ") &&
         std::ranges::any_of(request.left_out_foreign_keys,
                             [&](const auto& name) { return entry.find(" " + name + " ") != std::string_view::npos; });
}

}  // namespace

std::string exact_pattern(const std::string& name) {
  std::string text = "\"";
  for (char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

Result<std::string> find_dump_programs(int server_version) {
  const int wanted = server_version / 10000;
  for (const auto& directory : candidates())
    if (major_version(directory) >= wanted) return directory;
  return fail(ErrorCode::NotFound, fmt::format("there is no pg_dump of version {} or newer", wanted),
              "Install postgresql-client of the server's version, or set PGCONTRACT_POSTGRES_BIN to its folder.");
}

Result<Dump> Dump::find(const postgres::Dsn& dsn, int server_version) {
  PGC_TRY(std::string directory, find_dump_programs(server_version));
  return Dump(dsn, std::move(directory));
}

Result<void> Dump::take(const DumpRequest& request, const std::string& path) const {
  ProcessRequest process;
  process.arguments = {directory_ + "/pg_dump",  "--format=custom",
                       "--file=" + path,         "--schema=" + exact_pattern(request.schema),
                       "--role=" + request.role, "--snapshot=" + request.snapshot,
                       "--enable-row-security",  "--no-comments",
                       "--no-password"};
  if (!request.rows) process.arguments.emplace_back("--schema-only");
  for (const auto& table : request.excluded_tables)
    process.arguments.push_back(
        fmt::format("--exclude-table={}.{}", exact_pattern(request.schema), exact_pattern(table)));
  set_connection(process, dsn_, request.options);
  PGC_CHECK(run(std::move(process), "pg_dump"));
  return {};
}

Result<void> Dump::write_sql(const DumpRequest& request, const std::string& archive, const std::string& section,
                             const std::string& path) const {
  const std::string program = directory_ + "/pg_restore";
  ProcessRequest list;
  list.arguments = {program, "--list", archive};
  PGC_TRY(const std::string all, run(std::move(list), "pg_restore"));
  const std::string list_path = archive + ".list";
  std::ofstream kept(list_path);
  std::string_view rest = all;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (const auto line = rest.substr(0, end); !is_left_out(request, line)) kept << line << '\n';
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  kept.close();
  if (!kept) return fail(ErrorCode::Io, "cannot be written", "", list_path);
  ProcessRequest process;
  process.arguments = {program, "--no-owner", "--no-privileges", "--use-list=" + list_path, "--file=" + path};
  if (!section.empty()) process.arguments.push_back("--section=" + section);
  process.arguments.push_back(archive);
  PGC_CHECK(run(std::move(process), "pg_restore"));
  std::error_code ignored;
  fs::remove(list_path, ignored);
  return {};
}

}  // namespace pgcontract::act
