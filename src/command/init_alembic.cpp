#include "command/init_alembic.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <vector>

#include "alembic/config.hpp"
#include "alembic/graph.hpp"
#include "alembic/text_file.hpp"
#include "model/observation.hpp"

namespace pgcontract::command {
namespace {

namespace fs = std::filesystem;
constexpr int kDeepest = 4;
constexpr int kMostEntries = 200'000;  // someone may start us in a home directory

// Folders of other people's files. Hidden ones are caches, copies and histories.
bool is_foreign(const fs::path& folder) {
  const std::string name = folder.filename().string();
  std::error_code ignored;
  return name.starts_with('.') || name == "node_modules" || name == "venv" || name == "site-packages" ||
         fs::exists(folder / "pyvenv.cfg", ignored);
}

std::vector<fs::path> candidates(const std::string& directory) {
  std::vector<std::pair<int, fs::path>> found;
  std::error_code error;
  fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied, error);
  for (int seen = 0; !error && at != fs::recursive_directory_iterator() && seen < kMostEntries; ++seen) {
    std::error_code ignored;
    if (at->is_directory(ignored) && (at.depth() >= kDeepest || is_foreign(at->path())))
      at.disable_recursion_pending();
    else if (at->path().filename() == "alembic.ini" && at->is_regular_file(ignored))
      found.emplace_back(at.depth(), at->path());
    at.increment(error);
  }
  std::ranges::sort(found);
  std::vector<fs::path> paths;
  for (auto& [depth, path] : found) paths.push_back(std::move(path));
  return paths;
}

// Those sections that name a history; the others configure logging.
std::vector<std::string> history_sections(const std::string& path, const std::string& shown_directory) {
  const auto ini = alembic::read_ini(path, shown_directory);
  const auto text = alembic::read_text_file(path, path);
  std::vector<std::string> sections;
  if (!ini || !text) return sections;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const auto end = line.find(']');
    if (!line.starts_with('[') || end == std::string::npos) continue;
    const std::string section = line.substr(1, end - 1);
    if (!ini->has_section(section)) continue;
    if (const auto location = ini->get(section, "script_location"); location && *location) sections.push_back(section);
  }
  return sections;
}

bool has_row(const RevisionGraph& graph, const Observation& observation) {
  for (const auto& table : observation.version_tables)
    for (const Text version : table.versions)
      if (graph.find(std::string(version))) return true;
  return false;
}

}  // namespace

AlembicFound find_alembic(const std::string& directory, const std::string& contract_directory,
                          const Observation& observation) {
  AlembicFound nearest;
  for (const auto& path : candidates(directory)) {
    const auto sections = history_sections(path.string(), contract_directory);
    if (sections.empty()) continue;
    AlembicFound found{path.string(), sections.front(), {}};
    if (std::ranges::find(sections, "alembic") != sections.end()) found.application_section = "alembic";
    if (std::ranges::find(sections, "tenant") != sections.end() && found.application_section != "tenant")
      found.tenant_section = "tenant";
    if (has_row(alembic::read_graph(found.config, found.application_section, contract_directory), observation))
      return found;
    if (nearest.config.empty()) nearest = std::move(found);
  }
  return nearest;
}

}  // namespace pgcontract::command
