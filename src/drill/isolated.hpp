#pragma once
// A restored data directory, started where nothing of it reaches the world: a Unix socket in a folder that only the
// server's user enters, no TCP, no archiving, no replication in or out, no workers that act by themselves, settings of
// its own in place of those that came with the copy. It lives in one work folder and is gone with its owner: stopped
// and deleted when the Workspace dies, also after SIGINT; what a killed run leaves, the next one finds and removes. One
// thread at a time.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_descriptor.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "model/backup.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::drill {

// A folder for one scratch cluster, below a place with room. Locked as long as its owner lives.
class Workspace {
 public:
  // Removes what killed runs left in `parent` first; `swept` counts it.
  static Result<Workspace> create(const std::string& parent, int& swept);
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) = delete;
  ~Workspace();
  std::string path() const { return path_; }
  std::string data() const { return path_ + "/data"; }
  std::string log() const { return path_ + "/server.log"; }
  void keep() { keep_ = true; }

 private:
  Workspace(std::string path, FileDescriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  FileDescriptor lock_;
  bool keep_ = false;
};

// What the server's log tells of a recovery that came to its end.
struct Replay {
  Lsn from = 0;
  Lsn to = 0;                     // "redo done at"
  std::string stopped;            // "recovery stopping before commit of transaction 742, time …"; empty: end of WAL
  std::optional<Instant> commit;  // of the last transaction that was replayed
  std::uint32_t timeline = 0;     // the new one
};
Replay read_replay(std::string_view log);

struct IsolatedRequest {
  std::string recovery;            // lines of settings: restore::recovery_settings()
  std::vector<std::string> users;  // superusers to try, in this order
  // Told about ten times a second while it recovers.
  std::function<Result<void>(Lsn replayed)> watch;
};

class Isolated {
 public:
  // `workspace.data()` is complete. Returns when the recovery reached its target and the cluster takes writes.
  static Result<Isolated> start(const Workspace& workspace, const IsolatedRequest& request);
  postgres::Dsn dsn(const std::string& database) const;
  const Replay& replay() const { return replay_; }
  const std::vector<std::string>& left_out() const { return left_out_; }  // libraries the source preloads
  int major() const { return major_; }
  // Waits for a checkpoint, so that the files can be checked.
  Result<void> stop();

 private:
  explicit Isolated(const Workspace& workspace)
      : path_(workspace.path()), data_(workspace.data()), log_(workspace.log()) {}
  Result<void> configure(const IsolatedRequest& request);
  Result<void> wait(const IsolatedRequest& request);
  Result<bool> recovered(const IsolatedRequest& request);
  std::string settings(const std::string& preload) const;
  std::string preload_libraries();
  std::string path_, data_, log_, socket_, user_;
  std::filesystem::path programs_;
  int major_ = 0;
  std::vector<std::string> left_out_;
  Replay replay_;
  std::optional<postgres::Connection> connection_;
};

// pg_control as the server's own program reads it: "Database cluster state" → "shut down".
Result<std::string> control_value(const std::string& data_directory, const std::string& name);

}  // namespace pgcontract::drill
