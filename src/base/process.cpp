#include "base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "base/file_descriptor.hpp"
#include "base/interrupt.hpp"

extern char** environ;

namespace pgcontract {
namespace {

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

Failure io_failure(std::string_view what) {
  return fail(ErrorCode::Io, fmt::format("{}: {}", what, std::strerror(errno)));
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return io_failure("could not create a pipe");
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// An anonymous memory file: libpq takes it as a password file because it is a regular file of mode 0600.
Result<FileDescriptor> memory_file(std::string_view text) {
  FileDescriptor file(memfd_create("pgcontract", 0));  // no CLOEXEC: the child inherits it
  if (file.get() < 0) return io_failure("could not create a memory file");
  if (fchmod(file.get(), 0600) != 0 || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return io_failure("could not fill a memory file");
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
  std::string home;
};

Result<User> find_user(const std::string& name) {
  const passwd* entry = getpwnam(name.c_str());
  if (!entry)
    return fail(ErrorCode::Process, fmt::format("there is no user {} on this machine", name),
                "Install PostgreSQL's server package, which creates it.");
  return User{entry->pw_uid, entry->pw_gid, name, entry->pw_dir};
}

// All that the child needs, made ready before fork(): after it only async-signal-safe calls are allowed.
struct Prepared {
  std::string program;
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::optional<User> user;
  FileDescriptor secret;
  FileDescriptor start_file;
};

std::vector<std::string> child_environment(const ProcessRequest& request, int secret_fd, int start_file_fd,
                                           const std::optional<User>& user) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) merged[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& name : request.environment_removed) merged.erase(name);
  for (const auto& [name, value] : request.environment) merged[name] = value;
  if (user) {
    merged["HOME"] = user->home;
    merged["USER"] = merged["LOGNAME"] = user->name;
  }
  if (secret_fd >= 0) merged[request.secret_variable] = fmt::format("/proc/self/fd/{}", secret_fd);
  if (start_file_fd >= 0) merged[request.start_file_variable] = fmt::format("/proc/self/fd/{}", start_file_fd);
  std::vector<std::string> list;
  for (const auto& [name, value] : merged) list.push_back(name + "=" + value);
  return list;
}

Result<Prepared> prepare(const ProcessRequest& request) {
  Prepared p;
  p.program = find_program(request.arguments.at(0));
  if (p.program.empty())
    return fail(ErrorCode::Process, fmt::format("the program {} was not found", request.arguments[0]),
                "Install it, or add its folder to PATH.");
  if (!request.user.empty() && geteuid() == 0) {
    PGC_TRY(p.user, find_user(request.user));
  }
  if (!request.secret.empty()) {
    PGC_TRY(p.secret, memory_file(request.secret.reveal()));
  }
  if (!request.start_file.empty()) {
    PGC_TRY(p.start_file, memory_file(request.start_file));
  }
  p.environment = child_environment(request, p.secret.get(), p.start_file.get(), p.user);
  for (const auto& argument : request.arguments) p.argv.push_back(const_cast<char*>(argument.c_str()));
  for (const auto& entry : p.environment) p.envp.push_back(const_cast<char*>(entry.c_str()));
  p.argv.push_back(nullptr);
  p.envp.push_back(nullptr);
  return p;
}

// In the child: becomes the user, changes folder, runs the program. Returns errno.
int become(const ProcessRequest& request, Prepared& p, bool dies_with_us) {
  if (p.user &&
      (initgroups(p.user->name.c_str(), p.user->gid) != 0 || setgid(p.user->gid) != 0 || setuid(p.user->uid) != 0))
    return errno;
  if (!request.directory.empty() && chdir(request.directory.c_str()) != 0) return errno;
  std::signal(SIGPIPE, SIG_DFL);
  // A migration must not go on when we are killed: whoever runs apply next would meet it. After setuid(), which
  // clears it.
  if (dies_with_us) prctl(PR_SET_PDEATHSIG, SIGTERM);
  execve(p.program.c_str(), p.argv.data(), p.envp.data());
  return errno;
}

// Splits what arrives into lines for the caller, keeping the unfinished rest.
class LineFeed {
 public:
  explicit LineFeed(const std::function<void(std::string_view)>& on_line) : on_line_(on_line) {}
  void add(std::string_view text) {
    if (!on_line_) return;
    for (char c : text) {
      if (c == '\n') {
        on_line_(line_);
        line_.clear();
      } else {
        line_ += c;
      }
    }
  }

 private:
  const std::function<void(std::string_view)>& on_line_;
  std::string line_;
};

// Reads both streams until the child closes them. False where the deadline passed or the user aborted.
bool read_streams(Pipe& out, Pipe& err, ProcessResult& result, const ProcessRequest& request) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(request.deadline_ms);
  LineFeed out_lines(request.on_line);
  LineFeed err_lines(request.on_line);
  while (out.read.get() >= 0 || err.read.get() >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0 || interrupt::abort_requested()) return false;
    std::array<pollfd, 3> fds = {pollfd{out.read.get(), POLLIN, 0}, pollfd{err.read.get(), POLLIN, 0},
                                 pollfd{interrupt::abort_fd(), POLLIN, 0}};
    if (poll(fds.data(), fds.size(), static_cast<int>(std::min<long>(left, 1'000'000))) < 0 && errno != EINTR)
      return false;
    const auto drain = [](pollfd& fd, FileDescriptor& file, std::string& text, LineFeed& lines) {
      if (file.get() < 0 || !(fd.revents & (POLLIN | POLLHUP | POLLERR))) return;
      std::array<char, 16384> buffer;
      const ssize_t count = read(file.get(), buffer.data(), buffer.size());
      if (count <= 0) return file.close();
      text.append(buffer.data(), static_cast<std::size_t>(count));
      lines.add({buffer.data(), static_cast<std::size_t>(count)});
    };
    drain(fds[0], out.read, result.output, out_lines);
    drain(fds[1], err.read, result.error_output, err_lines);
  }
  return true;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return access(name.c_str(), X_OK) == 0 ? name : "";
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/bin:/bin";
  while (true) {
    const auto colon = rest.find(':');
    std::string candidate = std::string(rest.substr(0, colon)) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    if (colon == std::string_view::npos) return {};
    rest = rest.substr(colon + 1);
  }
}

std::string python_of(const std::string& script) {
  std::ifstream file(find_program(script));
  std::string first_line;
  std::getline(file, first_line);
  if (!first_line.starts_with("#!") || first_line.find("python") == std::string::npos) return "python3";
  std::string interpreter = first_line.substr(2);
  while (!interpreter.empty() && interpreter.front() == ' ') interpreter.erase(0, 1);
  return interpreter.find(' ') == std::string::npos ? interpreter : "python3";
}

namespace {

struct Child {
  pid_t id = 0;
  Pipe out, err;
};

Result<Child> start_child(const ProcessRequest& request) {
  PGC_TRY(Prepared prepared, prepare(request));
  Child child;
  PGC_TRY(child.out, make_pipe());
  PGC_TRY(child.err, make_pipe());
  PGC_TRY(Pipe failure, make_pipe());  // closed by a successful exec; carries errno otherwise
  child.id = fork();
  if (child.id < 0) return io_failure("could not start a process");
  if (child.id == 0) {
    setpgid(0, 0);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(child.out.write.get(), 1);
    dup2(child.err.write.get(), 2);
    const int code = become(request, prepared, /*dies_with_us=*/true);
    [[maybe_unused]] const auto written = write(failure.write.get(), &code, sizeof code);
    _exit(127);
  }
  child.out.write.close();
  child.err.write.close();
  failure.write.close();
  int code = 0;
  if (read(failure.read.get(), &code, sizeof code) == sizeof code) {
    wait_for(child.id);
    return fail(ErrorCode::Process, fmt::format("could not run {}: {}", prepared.program, std::strerror(code)),
                request.user.empty() ? "" : fmt::format("Check that user {} may reach this folder.", request.user));
  }
  return child;
}

Failure unfinished(const ProcessRequest& request) {
  if (interrupt::abort_requested())
    return fail(ErrorCode::Cancelled, fmt::format("{} was stopped", request.arguments[0]));
  return fail(ErrorCode::Timeout,
              fmt::format("{} did not finish within {} s", request.arguments[0], request.deadline_ms / 1000));
}

}  // namespace

Result<ProcessResult> run_process(const ProcessRequest& request) {
  PGC_TRY(Child child, start_child(request));
  ProcessResult result;
  const bool finished = read_streams(child.out, child.err, result, request);
  if (!finished) kill(-child.id, SIGTERM);
  result.exit_code = wait_for(child.id);
  if (finished) return result;
  return unfinished(request);
}

struct StreamedProcess::State {
  ProcessRequest request;
  Child child;
  std::string error_output;
  bool ended = false;

  // What stands in stderr now, or all of it where stdout is at its end. It is kept within bounds.
  void drain_errors() {
    std::array<char, 16384> buffer;
    const ssize_t count = ::read(child.err.read.get(), buffer.data(), buffer.size());
    if (count <= 0) return child.err.read.close();
    if (error_output.size() < kKeptErrors) error_output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  static constexpr std::size_t kKeptErrors = std::size_t{256} << 10;
};

StreamedProcess::StreamedProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}
StreamedProcess::StreamedProcess(StreamedProcess&&) noexcept = default;

StreamedProcess::~StreamedProcess() {
  if (!state_ || state_->ended) return;
  kill(-state_->child.id, SIGTERM);
  wait_for(state_->child.id);
}

Result<StreamedProcess> StreamedProcess::start(const ProcessRequest& request) {
  auto state = std::make_unique<State>();
  state->request = request;
  PGC_TRY(state->child, start_child(request));
  state->request.secret = SecretString();
  return StreamedProcess(std::move(state));
}

Result<std::size_t> StreamedProcess::read(std::span<char> into) {
  State& state = *state_;
  while (state.child.out.read.get() >= 0 || state.child.err.read.get() >= 0) {
    std::array<pollfd, 3> fds = {pollfd{state.child.out.read.get(), POLLIN, 0},
                                 pollfd{state.child.err.read.get(), POLLIN, 0},
                                 pollfd{interrupt::abort_fd(), POLLIN, 0}};
    const int ready = poll(fds.data(), fds.size(), state.request.deadline_ms);
    if (interrupt::abort_requested() || ready == 0) return unfinished(state.request);
    if (ready < 0) {
      if (errno != EINTR) return io_failure("could not wait for a process");
      continue;
    }
    if (fds[1].revents != 0) state.drain_errors();
    if (fds[0].revents == 0) continue;
    const ssize_t count = ::read(state.child.out.read.get(), into.data(), into.size());
    if (count > 0) return static_cast<std::size_t>(count);
    state.child.out.read.close();
  }
  return std::size_t{0};
}

Result<ProcessResult> StreamedProcess::finish() {
  ProcessResult result;
  result.exit_code = wait_for(state_->child.id);
  state_->ended = true;
  result.error_output = std::move(state_->error_output);
  return result;
}

Result<void> exec_process(const ProcessRequest& request) {
  PGC_TRY(Prepared prepared, prepare(request));
  const int code = become(request, prepared, /*dies_with_us=*/false);
  return fail(ErrorCode::Process, fmt::format("could not run {}: {}", prepared.program, std::strerror(code)));
}

}  // namespace pgcontract
