#include "contract/tombstones.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text_file.hpp"

namespace pgcontract::contract {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;

Result<TombstoneLine> parse_line(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  const auto text = [&](const char* key) {
    const auto at = json.is_object() ? json.find(key) : json.end();
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  PGC_TRY(const Uuid id, Uuid::parse(text("id")));
  TombstoneLine tombstone{id,
                          text("environment"),
                          text("database"),
                          text("system_identifier"),
                          text("deleted_at"),
                          text("inventory_sha256")};
  if (tombstone.environment.empty() || tombstone.deleted_at.empty())
    return fail(ErrorCode::InvalidInput, "a tombstone needs id, environment and deleted_at");
  return tombstone;
}

}  // namespace

std::string tombstones_path(const Contract& contract) {
  return (std::filesystem::path(contract.directory) / contract.tenancy->tombstones).string();
}

Result<std::vector<TombstoneLine>> read_tombstones(const std::string& path) {
  std::vector<TombstoneLine> lines;
  const auto file = read_text_file(path, kMaxBytes);
  if (!file && file.error().code == ErrorCode::NotFound) return lines;
  if (!file) return tl::unexpected(file.error());
  std::string_view rest = file->text.reveal();
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto tombstone = parse_line(line);
    if (!tombstone)
      return fail(ErrorCode::InvalidInput, "this is not a tombstone: " + tombstone.error().message,
                  "Restore the file from version control: what it forgets may come back from a backup.",
                  fmt::format("{}:{}", path, number));
    lines.push_back(*std::move(tombstone));
  }
  return lines;
}

std::string tombstones_text(const std::vector<TombstoneLine>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += Json{{"id", line.id.canonical()},     {"environment", line.environment},
                 {"database", line.database},     {"system_identifier", line.system_identifier},
                 {"deleted_at", line.deleted_at}, {"inventory_sha256", line.inventory_sha256}}
                .dump(-1, ' ', true, Json::error_handler_t::replace) +
            '\n';
  return text;
}

}  // namespace pgcontract::contract
