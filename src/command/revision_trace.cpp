#include "command/revision_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/process.hpp"

namespace pgcontract::command {
namespace {

constexpr int kDeadlineMs = 5'000;  // of a history with a million commits, this much is enough

// The newest commit of any branch that `words` select: "4f2a91c (2026-11-02, …)", then "D" or "A", a tab and a path.
std::string asked(const std::string& directory, const std::vector<std::string>& words) {
  ProcessRequest request;
  request.arguments = {
      "git", "log", "--all", "--no-renames", "--name-status", "--max-count=1", "--format=%h (%cs, %s)"};
  request.arguments.insert(request.arguments.end(), words.begin(), words.end());
  request.directory = directory;
  request.environment = {{"GIT_OPTIONAL_LOCKS", "0"}, {"GIT_PAGER", "cat"}};
  request.deadline_ms = kDeadlineMs;
  const auto result = run_process(request);
  return result && result->exit_code == 0 ? result->output : "";
}

std::string told(const std::string& output) {
  const auto end = output.find('\n');
  const auto tab = output.find('\t', end);
  if (end == std::string::npos || tab == std::string::npos) return "";
  const std::string path = output.substr(tab + 1, output.find('\n', tab) - tab - 1);
  return fmt::format("git knows its file {}: {} by {}", path,
                     output[tab - 1] == 'D' ? "deleted" : "on another branch, written", output.substr(0, end));
}

}  // namespace

std::string trace_revision(const std::string& directory, const std::string& id) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  if (find_program("git").empty() || id.empty() || !std::ranges::all_of(id, plain)) return "";
  if (auto by_name = told(asked(directory, {"--diff-filter=AD", "--", fmt::format(":(top,glob)**/*{}*.py", id)}));
      !by_name.empty())
    return by_name;
  return told(asked(directory, {"--diff-filter=AD", "-S" + id, "--", ":(top,glob)**/*.py"}));
}

}  // namespace pgcontract::command
