#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/uuid.hpp"
#include "cluster/programs.hpp"
#include "drill/isolated.hpp"

namespace pgcontract::drill {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "pgcontract-scratch-";

// The process that serves `data`; 0: none. The number may be somebody else's by now, so the process is asked for its
// working directory, which a server keeps in its data directory.
pid_t server_of(const fs::path& data) {
  std::ifstream file(data / "postmaster.pid");
  long pid = 0;
  if (!(file >> pid) || pid <= 1) return 0;
  std::error_code error;
  const fs::path at = fs::read_symlink(fmt::format("/proc/{}/cwd", pid), error);
  return !error && at == fs::weakly_canonical(data, error) ? static_cast<pid_t>(pid) : 0;
}

// By signals alone: child programs are not run any more once the user aborted.
void end_server(const fs::path& data) {
  constexpr int kPolls = 200;
  const pid_t pid = server_of(data);
  if (pid == 0) return;
  for (const int signal : {SIGQUIT, SIGKILL}) {
    kill(pid, signal);
    for (int i = 0; i < kPolls && server_of(data) == pid && kill(pid, 0) == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
}

void remove_workspace(const fs::path& path) {
  end_server(path / "data");
  std::error_code error;
  fs::remove_all(path, error);
}

}  // namespace

Result<Workspace> Workspace::create(const std::string& parent, int& swept) {
  std::error_code error;
  fs::create_directories(parent, error);
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    struct stat facts{};
    const FileDescriptor lock(::open((entry.path() / "lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (lock.get() < 0 || fstat(lock.get(), &facts) != 0 || facts.st_uid != geteuid()) continue;
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;  // its owner lives
    remove_workspace(entry.path());
    ++swept;
  }
  const fs::path path = fs::absolute(parent) / (std::string(kPrefix) + Uuid::random().hex().substr(0, 12));
  PGC_CHECK(cluster::make_private_directory(path));
  FileDescriptor lock(::open((path / "lock").c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  if (lock.get() < 0 || flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::Io, fmt::format("could not lock {}: {}", path.string(), std::strerror(errno)));
  const std::string user = cluster::server_user();
  if (!user.empty()) {
    PGC_TRY(const auto tried, cluster::run_server_program("/usr/bin/test", {"-w", path.string()}));
    if (tried.exit_code != 0) {
      remove_workspace(path);
      return fail(ErrorCode::Permission, fmt::format("user {}, as whom the server runs, cannot enter {}", user, parent),
                  "Name a folder that it can enter with --work-dir.");
    }
  }
  return Workspace(path.string(), std::move(lock));
}

Workspace::Workspace(Workspace&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)), keep_(other.keep_) {}

Workspace::~Workspace() {
  if (path_.empty()) return;
  if (!keep_) {
    remove_workspace(path_);
    return;
  }
  std::error_code ignored;
  fs::remove(fs::path(path_) / "lock", ignored);  // so that no later run takes it for a leftover
}

}  // namespace pgcontract::drill
