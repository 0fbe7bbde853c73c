#include "alembic/version_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "alembic/text_file.hpp"

namespace pgcontract::alembic {
namespace {

namespace fs = std::filesystem;

bool is_source(std::string_view name) {
  return name.ends_with(".py") && !name.starts_with(".#") && !name.starts_with("__init__");
}
bool is_compiled(std::string_view name) {
  return (name.ends_with(".pyc") || name.ends_with(".pyo")) && !name.starts_with(".#") && !name.starts_with("__init__");
}

// A path as it really is, for files of one folder with few system calls: only links are followed one by one.
class RealPaths {
 public:
  std::string of(const fs::path& path, bool is_link) {
    std::error_code error;
    if (is_link) {
      const auto real = fs::weakly_canonical(path, error);
      return error ? path.string() : real.string();
    }
    const std::string folder = path.parent_path().string();
    auto known = folders_.find(folder);
    if (known == folders_.end()) {
      const auto real = fs::weakly_canonical(folder, error);
      known = folders_.emplace(folder, error ? folder : real.string()).first;
    }
    return known->second + "/" + path.filename().string();
  }

 private:
  std::map<std::string, std::string> folders_;
};

struct Entry {
  fs::path path;
  bool is_link = false;
};

// The entries of one folder and, where asked, of those below it.
std::vector<Entry> entries(const fs::path& folder, bool recursive, std::error_code& error) {
  std::vector<Entry> out;
  std::error_code ignored;
  const auto add = [&](const fs::directory_entry& entry) {
    out.push_back({entry.path(), entry.is_symlink(ignored) || ignored});
  };
  if (recursive) {
    for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (it->path().filename() == "__pycache__") it.disable_recursion_pending();
      if (!it->is_directory(ignored)) add(*it);
    }
    std::ranges::sort(out, {}, &Entry::path);
  } else {
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) add(*it);
    std::ranges::sort(out, {}, [](const Entry& entry) -> const std::string& { return entry.path.native(); });
  }
  return out;
}

// sourceless: compiled files count where there is no source of the same name, __pycache__ included. They cannot be
// read.
void add_compiled(const fs::path& folder, const std::vector<Entry>& in_folder, const std::string& shown_directory,
                  std::vector<MigrationProblem>& problems) {
  const auto stem = [](const fs::path& path) {
    const auto name = path.filename().string();
    return name.substr(0, name.find('.'));
  };
  std::set<std::string> sources;
  for (const auto& [path, is_link] : in_folder)
    if (is_source(path.filename().string())) sources.insert(stem(path));
  auto candidates = in_folder;
  std::error_code error;
  const auto cached = entries(folder / "__pycache__", false, error);
  candidates.insert(candidates.end(), cached.begin(), cached.end());
  for (const auto& [path, is_link] : candidates)
    if (is_compiled(path.filename().string()) && !sources.contains(stem(path)))
      problems.push_back({shown_path(path.string(), shown_directory),
                          "the revision is compiled and cannot be read statically", "Keep its source next to it."});
}

}  // namespace

VersionFiles list_version_files(const AlembicConfig& config, const IniFile& ini, const std::string& shown_directory) {
  VersionFiles out;
  RealPaths real_paths;
  std::set<std::string> seen;  // Alembic ignores a file that it reaches a second time
  const int line = config.version_locations_line > 0 ? config.version_locations_line : config.script_location_line;
  for (const auto& location : config.version_locations) {
    const auto shown = shown_path(location, shown_directory);
    std::error_code error;
    if (!fs::is_directory(location, error)) {
      out.problems.push_back(
          {ini.place(line), fmt::format("the versions folder {} does not exist", shown),
           fmt::format("Create it or correct {}; a path without %(here)s starts where Alembic is "
                       "started, in the contract's folder.",
                       config.version_locations_line > 0 ? "version_locations" : "script_location")});
      continue;
    }
    const auto found = entries(location, config.recursive, error);
    if (error)
      out.problems.push_back({shown, fmt::format("the folder cannot be read: {}", error.message()),
                              "Make it readable for the user who runs pgcontract."});
    for (const auto& [path, is_link] : found) {
      if (!is_source(path.filename().string())) continue;
      if (seen.insert(real_paths.of(path, is_link)).second) out.paths.push_back(path.string());
    }
    if (config.sourceless) add_compiled(location, found, shown_directory, out.problems);
  }
  return out;
}

}  // namespace pgcontract::alembic
