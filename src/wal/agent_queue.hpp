#pragma once
// What the agent has to do, what it does, and what it knows to be stored. All under one mutex; the main thread fills
// it and answers from it, workers take from it. Bounded: of a long backlog it holds the oldest files only.

#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file_descriptor.hpp"
#include "wal/protocol.hpp"

namespace pgcontract::wal {

// A file of pg_wal as it was when it was stored. Another one of the same name is another file.
struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified = 0;  // nanoseconds
  bool operator==(const Identity&) const = default;
};
std::optional<Identity> identity_of(const std::string& path);

struct Asker {
  AgentRequest request;
  FileDescriptor connection;
};

struct Job {
  AgentRequest request;
  bool ahead = false;           // fetch: the segments after this one, nobody waits
  std::vector<Asker> askers{};  // filled when it is done
};

class AgentQueue {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMost = 256;

  // The files that are ready now, the first to be archived first; kMost of them will do. All others are forgotten.
  void ready(const std::vector<std::string>& names, const std::string& pg_wal);
  // The file is stored as it is now.
  bool is_stored(const std::string& name, const Identity& identity);
  void ask(Asker asker);
  void fetch_ahead(AgentRequest request);

  // Waits for work; nothing: stop() was called.
  std::optional<Job> take();
  // The job of `request` is done; who asked for it is to be answered by the caller.
  std::vector<Asker> done(const Job& job, bool success, std::optional<Identity> identity);
  void stop();
  bool has_room();

 private:
  struct Trouble {
    Clock::time_point next;
    std::chrono::milliseconds pause;
  };
  std::optional<Job> next_job(Clock::time_point now);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::map<std::string, AgentRequest> ready_;  // by order of archiving
  std::map<std::string, Identity> stored_;
  std::map<std::string, Trouble> trouble_;
  std::set<std::string> busy_;  // names being pushed
  std::vector<Asker> asked_;    // not begun, or of a busy name
  std::optional<AgentRequest> ahead_;
};

}  // namespace pgcontract::wal
