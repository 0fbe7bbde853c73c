#pragma once
// How archive_command and restore_command talk to the agent: one line each way over a Unix socket, then it is closed.
//   push PATH\n                    ok | error TEXT | elsewhere
//   fetch NAME<tab>DESTINATION\n   ok | absent | error TEXT | elsewhere
// Paths are absolute. `elsewhere`: not below this agent's data directory; the asker does it without the agent, as where
// no agent answers. src/wal_client/ speaks the other side without this library. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pgcontract::wal {

inline constexpr std::size_t kLongestLine = 8192;
inline constexpr std::string_view kSocketName = "pgcontract_agent.sock";  // in the data directory

struct AgentRequest {
  enum class Act { Push, Fetch };
  Act act = Act::Push;
  std::string name;  // the file's
  std::string path;  // push: where it is; fetch: where it shall go
};
// `line` without its newline. Nothing: no request.
std::optional<AgentRequest> parse_request(std::string_view line);

// The answer, with its newline. `done`: what became of the request.
std::string answer_of(const AgentRequest& request, const Result<void>& done);
inline constexpr std::string_view kElsewhere = "elsewhere\n";

}  // namespace pgcontract::wal
