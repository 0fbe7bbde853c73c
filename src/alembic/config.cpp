#include "alembic/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "alembic/text_file.hpp"

namespace pgcontract::alembic {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSpace = " \t\n\r\f\v";

// Cuts at any character of `separators`; empty pieces are dropped. Alembic strips the pieces only where a separator is
// named: without one, a line break stays in the path and makes it one that does not exist.
std::vector<std::string> split(std::string_view text, std::string_view separators, bool strip) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find_first_of(separators);
    auto piece = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto first = piece.find_first_not_of(kSpace);
    if (first == std::string_view::npos) continue;
    if (strip) piece = piece.substr(first, piece.find_last_not_of(kSpace) - first + 1);
    out.emplace_back(piece);
  }
  return out;
}

// The character that path_separator (or the older version_path_separator) names; empty where neither is set: then
// Alembic falls back on its oldest rule.
Result<std::string> separator(const IniFile& ini, const std::string& section, std::vector<std::string> keys) {
  for (const auto& key : keys) {
    PGC_TRY(const auto value, ini.get(section, key));
    if (!value) continue;
    if (value->text == "os" || value->text == ":") return ":";
    if (value->text == ";") return ";";
    if (value->text == "space") return " ";
    if (value->text == "newline") return "\n";
    return fail(ErrorCode::InvalidInput, fmt::format("`{}` is not a value of {}", value->text, key),
                "Use one of: os, :, ;, space, newline.", ini.place(value->line));
  }
  return "";
}

fs::path absolute(const std::string& path, const std::string& working_directory) {
  auto out = (fs::path(working_directory) / path).lexically_normal();
  return out.has_filename() ? out : out.parent_path();  // no trailing slash
}

// "package:folder" is a folder inside an importable package. Python asks its import system; here only the folders of
// prepend_sys_path are searched.
Result<std::string> locate(const std::string& path, const AlembicConfig& config, const std::string& working_directory,
                           const std::string& place) {
  const auto colon = path.find(':');
  if (path.starts_with('/') || colon == std::string::npos) return absolute(path, working_directory).string();
  std::string below = path;
  std::replace(below.begin(), below.begin() + static_cast<std::ptrdiff_t>(colon), '.', '/');
  std::replace(below.begin(), below.end(), ':', '/');
  for (const auto& root : config.prepend_sys_path) {
    const auto candidate = absolute(below, root);
    std::error_code error;
    if (fs::exists(candidate, error)) return candidate.string();
  }
  return fail(ErrorCode::InvalidInput, fmt::format("`{}` names a folder of a Python package that is not found", path),
              "Write a path such as %(here)s/migrations, or add the package's folder to prepend_sys_path.", place);
}

Failure wrong_kind(const IniFile& ini, const std::string& key, const TomlValue& value, std::string_view wanted) {
  return fail(ErrorCode::InvalidInput, fmt::format("{} is not a {}", key, wanted), "Correct it.",
              ini.toml_place(value.line));
}

Result<bool> flag(const IniFile& ini, const std::string& section, const std::string& key) {
  PGC_TRY(const auto value, ini.get(section, key));
  if (value) return value->text == "true";
  const auto toml = ini.toml().find(key);
  if (toml == ini.toml().end()) return false;
  if (toml->second.kind != TomlValue::Kind::Flag) return wrong_kind(ini, key, toml->second, "boolean");
  return toml->second.flag;
}

// A key of [tool.alembic], which the section of alembic.ini does not have; nothing where it is not there either.
Result<std::optional<TomlValue>> from_toml(const IniFile& ini, const std::string& key, TomlValue::Kind kind) {
  const auto found = ini.toml().find(key);
  if (found == ini.toml().end()) return std::nullopt;
  if (found->second.kind != kind)
    return wrong_kind(ini, key, found->second, kind == TomlValue::Kind::Text ? "string" : "list of strings");
  return found->second;
}

}  // namespace

Result<IniFile> read_ini(const std::string& path, const std::string& shown_directory) {
  const auto shown = shown_path(path, shown_directory);
  const fs::path directory = shown_directory;
  const bool is_toml = fs::path(path).filename() == "pyproject.toml";
  // Alembic reads both, from the folder where it is started where one is not named.
  const std::string ini_path = is_toml ? (directory / "alembic.ini").string() : path;
  const std::string toml_path = is_toml ? path : (directory / "pyproject.toml").string();
  std::error_code error;
  std::string text;
  if (!is_toml || fs::exists(ini_path, error)) {
    PGC_TRY(text, read_text_file(ini_path, shown_path(ini_path, shown_directory)));
  }
  PGC_TRY(auto ini, IniFile::parse(text, is_toml && text.empty() ? shown : shown_path(ini_path, shown_directory),
                                   fs::path(ini_path).parent_path().string()));
  if (!is_toml && !fs::exists(toml_path, error)) return ini;
  PGC_TRY(const auto toml_text, read_text_file(toml_path, shown_path(toml_path, shown_directory)));
  PGC_TRY(auto table, parse_toml_table(toml_text, "tool.alembic", shown_path(toml_path, shown_directory)));
  ini.set_toml(std::move(table), shown_path(toml_path, shown_directory), fs::path(toml_path).parent_path().string());
  return ini;
}

Result<AlembicConfig> resolve_config(const IniFile& ini, const std::string& section,
                                     const std::string& working_directory) {
  if (!ini.has_section(section) && ini.toml().empty())
    return fail(ErrorCode::NotFound, fmt::format("there is no section [{}]", section),
                fmt::format("Add [{}] with a script_location, or name another section in the contract.", section),
                ini.shown());
  AlembicConfig config;
  config.section = section;

  PGC_TRY(const auto prepend_separator, separator(ini, section, {"path_separator"}));
  PGC_TRY(const auto prepend, ini.get(section, "prepend_sys_path"));
  if (prepend)
    for (const auto& root :
         split(prepend->text, prepend_separator.empty() ? " ,:" : prepend_separator, !prepend_separator.empty()))
      config.prepend_sys_path.push_back(absolute(root, working_directory).string());
  PGC_TRY(const auto toml_prepend, from_toml(ini, "prepend_sys_path", TomlValue::Kind::List));
  if (!prepend && toml_prepend)
    for (const auto& root : toml_prepend->texts)
      config.prepend_sys_path.push_back(absolute(root, working_directory).string());

  PGC_TRY(auto location, ini.get(section, "script_location"));
  PGC_TRY(const auto toml_location, from_toml(ini, "script_location", TomlValue::Kind::Text));
  if (!location && toml_location) location = IniValue{toml_location->texts.front(), toml_location->line};
  if (!location || location->text.empty())
    return fail(ErrorCode::InvalidInput, fmt::format("section [{}] has no script_location", section),
                "Add script_location = %(here)s/migrations.", location ? ini.place(location->line) : ini.shown());
  config.script_location_line = location->line;
  PGC_TRY(config.script_location, locate(location->text, config, working_directory, ini.place(location->line)));

  PGC_TRY(const auto versions_separator, separator(ini, section, {"path_separator", "version_path_separator"}));
  PGC_TRY(const auto versions, ini.get(section, "version_locations"));
  if (versions && !versions->text.empty()) {
    config.version_locations_line = versions->line;
    for (const auto& path :
         split(versions->text, versions_separator.empty() ? " ," : versions_separator, !versions_separator.empty())) {
      PGC_TRY(auto found, locate(path, config, working_directory, ini.place(versions->line)));
      config.version_locations.push_back(std::move(found));
    }
  } else {
    PGC_TRY(const auto listed, from_toml(ini, "version_locations", TomlValue::Kind::List));
    if (listed) config.version_locations_line = listed->line;
    for (const auto& path : listed ? listed->texts : std::vector<std::string>{}) {
      PGC_TRY(auto found, locate(path, config, working_directory, ini.toml_place(listed->line)));
      config.version_locations.push_back(std::move(found));
    }
    if (!listed) config.version_locations.push_back(config.script_location + "/versions");
  }
  PGC_TRY(config.recursive, flag(ini, section, "recursive_version_locations"));
  PGC_TRY(config.sourceless, flag(ini, section, "sourceless"));
  return config;
}

}  // namespace pgcontract::alembic
