#include "wal/agent.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/interrupt.hpp"
#include "wal/agent_queue.hpp"

namespace pgcontract::wal {
namespace {

namespace fs = std::filesystem;

constexpr auto kLookEvery = std::chrono::seconds(2);  // should a notice be lost
constexpr int kTickMs = 200;
constexpr std::string_view kReady = ".ready";

Failure failure(std::string_view act, const std::string& path) {
  return fail(errno == EACCES ? ErrorCode::Permission : ErrorCode::Io, fmt::format("{}: {}", act, std::strerror(errno)),
              "The agent runs as the user that runs the server.", path);
}

// One agent a data directory: held as long as it lives.
Result<FileDescriptor> lock_directory(const std::string& directory) {
  const std::string path = directory + "/pgcontract_agent.lock";
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return failure("could not open the agent's lock", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  return fail(ErrorCode::Conflict, "another agent serves this data directory", "Two are not needed: leave it at that.",
              directory);
}

Result<FileDescriptor> listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(ErrorCode::InvalidInput,
                fmt::format("a socket's path has at most {} bytes", sizeof address.sun_path - 1),
                "Name a shorter one with --socket, here and in archive_command.", path);
  path.copy(address.sun_path, path.size());
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode))
    return fail(ErrorCode::Conflict, "something else than a socket is there", "Name another one with --socket.", path);
  ::unlink(path.c_str());  // of an agent that was killed: we hold the lock
  const mode_t before = ::umask(0177);
  const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(before);
  if (bound != 0 || ::listen(socket.get(), 64) != 0) return failure("could not listen", path);
  return socket;
}

void answer(const Asker& asker, std::string_view text) {
  static_cast<void>(::send(asker.connection.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

class Agent {
 public:
  Agent(Archive& archive, const AgentOptions& options)
      : archive_(archive), options_(options), pg_wal_(options.data_directory + "/pg_wal") {}

  Result<AgentSummary> run();

 private:
  void work();
  void push(Job& job);
  void fetch(Job& job);
  void look();
  void greet(int listening);
  void handle(Asker asker);
  bool is_mine(const AgentRequest& request) const;
  void log(const std::string& line) {
    const std::lock_guard lock(log_mutex_);
    if (options_.log) options_.log(line);
  }

  Archive& archive_;
  const AgentOptions& options_;
  std::string pg_wal_;
  AgentQueue queue_;
  std::mutex log_mutex_;
  std::atomic<std::uint64_t> stored_{0}, bytes_{0}, was_there_{0}, asked_{0}, at_once_{0}, failed_{0};
};

void Agent::push(Job& job) {
  const auto before = identity_of(job.request.path);
  const auto pushed = archive_.push(job.request.path);
  const auto after = identity_of(job.request.path);
  // Gone meanwhile, and nobody asked: archive_command did it without us.
  if (pushed) {
    ++stored_;
    bytes_ += pushed->bytes;
    was_there_ += pushed->was_there ? 1 : 0;
  } else if (after) {
    ++failed_;
    log(fmt::format("{} is not stored: {}", job.request.name, pushed.error().describe()));
  }
  const auto askers = queue_.done(job, pushed.has_value(), before == after ? after : std::nullopt);
  const auto text = answer_of(job.request, pushed ? Result<void>() : Result<void>(fail(pushed.error())));
  for (const auto& asker : askers) answer(asker, text);
}

void Agent::fetch(Job& job) {
  if (job.ahead) {
    static_cast<void>(fetch_ahead(archive_, job.request.name, job.request.path, options_.ahead));
    return;
  }
  const auto fetched = fetch_or_take(archive_, job.request.name, job.request.path);
  if (!fetched && fetched.error().code != ErrorCode::NotFound) {
    ++failed_;
    log(fmt::format("{} is not fetched: {}", job.request.name, fetched.error().describe()));
  }
  const bool more = fetched && wants_more(job.request.name, job.request.path, options_.ahead);
  const auto text = answer_of(job.request, fetched ? Result<void>() : Result<void>(fail(fetched.error())));
  for (const auto& asker : job.askers) answer(asker, text);
  if (more) queue_.fetch_ahead(job.request);
}

void Agent::work() {
  while (auto job = queue_.take()) job->request.act == AgentRequest::Act::Push ? push(*job) : fetch(*job);
}

// The server's own marks are the list of what is to be done; names that are none of the archive's are left alone.
void Agent::look() {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(pg_wal_ + "/archive_status", none)) {
    std::string name = entry.path().filename();
    if (!name.ends_with(kReady)) continue;
    name.resize(name.size() - kReady.size());
    if (walg::wal_file_kind(name) == walg::WalFileKind::Other) continue;
    names.push_back(std::move(name));
    std::ranges::push_heap(names);
    if (names.size() > AgentQueue::kMost) {
      std::ranges::pop_heap(names);  // the youngest can wait
      names.pop_back();
    }
  }
  queue_.ready(names, pg_wal_);
}

bool Agent::is_mine(const AgentRequest& request) const {
  std::error_code none;
  const auto asked = fs::weakly_canonical(fs::path(request.path).parent_path(), none);
  return !none && asked == fs::weakly_canonical(pg_wal_, none);
}

void Agent::handle(Asker asker) {
  ++asked_;
  if (!is_mine(asker.request)) return answer(asker, kElsewhere);
  if (asker.request.act == AgentRequest::Act::Push) {
    const auto identity = identity_of(asker.request.path);
    if (identity && queue_.is_stored(asker.request.name, *identity)) {
      ++at_once_;
      return answer(asker, "ok\n");
    }
  }
  queue_.ask(std::move(asker));
}

void Agent::greet(int listening) {
  for (;;) {
    FileDescriptor connection(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.get() < 0) return;
    const timeval patience{0, 300'000};  // who connects has its line ready
    ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string line;
    char buffer[1024];
    while (line.size() < kLongestLine && !line.ends_with('\n')) {
      const ssize_t count = ::recv(connection.get(), buffer, sizeof buffer, 0);
      if (count <= 0) break;
      line.append(buffer, static_cast<std::size_t>(count));
    }
    if (!line.ends_with('\n')) continue;
    line.pop_back();
    auto request = parse_request(line);
    Asker asker{request.value_or(AgentRequest{}), std::move(connection)};
    if (request)
      handle(std::move(asker));
    else
      answer(asker, "error this is no request to the agent\n");
  }
}

Result<AgentSummary> Agent::run() {
  PGC_TRY(const FileDescriptor lock, lock_directory(options_.data_directory));
  const std::string path =
      options_.socket.empty() ? fmt::format("{}/{}", options_.data_directory, kSocketName) : options_.socket;
  PGC_TRY(const FileDescriptor listening, listen_at(path));
  const FileDescriptor notices(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const std::string status = pg_wal_ + "/archive_status";
  if (::inotify_add_watch(notices.get(), status.c_str(), IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM) < 0)
    return failure("could not watch the server's marks", status);
  log(fmt::format("the agent listens at {}", path));
  std::vector<std::thread> workers;
  for (int i = 0; i < options_.workers; ++i) workers.emplace_back([this] { work(); });
  auto looked = std::chrono::steady_clock::time_point();
  while (!interrupt::stop_requested()) {
    std::array<pollfd, 2> waits{{{listening.get(), POLLIN, 0}, {notices.get(), POLLIN, 0}}};
    static_cast<void>(::poll(waits.data(), waits.size(), kTickMs));
    alignas(inotify_event) char events[4096];
    bool changed = false;
    while (::read(notices.get(), events, sizeof events) > 0) changed = true;
    greet(listening.get());
    const auto now = std::chrono::steady_clock::now();
    // A backlog that fills the queue is not read again for each file that is added to its end.
    if ((changed && queue_.has_room()) || now - looked > kLookEvery) {
      if (::access(status.c_str(), F_OK) != 0) break;  // the server's folder was removed: nothing is left to serve
      look();
      looked = now;
    }
  }
  ::unlink(path.c_str());
  queue_.stop();
  for (auto& worker : workers) worker.join();
  return AgentSummary{stored_, bytes_, was_there_, asked_, at_once_, failed_};
}

}  // namespace

Result<AgentSummary> run_agent(Archive& archive, const AgentOptions& options) { return Agent(archive, options).run(); }

}  // namespace pgcontract::wal
