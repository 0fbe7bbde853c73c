#include "wal/protocol.hpp"

#include <algorithm>
#include <filesystem>

#include "walg/names.hpp"

namespace pgcontract::wal {

std::optional<AgentRequest> parse_request(std::string_view line) {
  const auto space = line.find(' ');
  if (space == line.npos || line.find('\0') != line.npos) return std::nullopt;
  const auto word = line.substr(0, space);
  auto rest = line.substr(space + 1);
  AgentRequest request;
  if (word == "fetch") {
    const auto tab = rest.find('\t');
    if (tab == rest.npos) return std::nullopt;
    request.act = AgentRequest::Act::Fetch;
    request.name = rest.substr(0, tab);
    rest = rest.substr(tab + 1);
  } else if (word != "push") {
    return std::nullopt;
  }
  request.path = rest;
  if (!request.path.starts_with('/')) return std::nullopt;
  if (request.act == AgentRequest::Act::Push) request.name = std::filesystem::path(request.path).filename();
  if (walg::wal_file_kind(request.name) == walg::WalFileKind::Other) return std::nullopt;
  return request;
}

std::string answer_of(const AgentRequest& request, const Result<void>& done) {
  if (done) return "ok\n";
  if (request.act == AgentRequest::Act::Fetch && done.error().code == ErrorCode::NotFound) return "absent\n";
  std::string text = "error " + done.error().describe();
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  text.resize(std::min(text.size(), kLongestLine - 1));
  return text + "\n";
}

}  // namespace pgcontract::wal
