// pgcontract-wal: archive_command and restore_command that cost a millisecond. It asks the agent (wal/protocol.hpp)
// and, where no agent answers, becomes the program named behind `--` with the words that do the same. A program of its
// own, statically linked, with no library but libc: starting pgcontract takes longer than all that is done here.
//   pgcontract-wal push PATH [--socket SOCKET] -- PROGRAM [WORDS...]
//   pgcontract-wal fetch NAME DESTINATION [--socket SOCKET] -- PROGRAM [WORDS...]
// The server calls it in its data directory: there the agent's socket is, and paths begin there.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr const char* kSocket = "pgcontract_agent.sock";
constexpr int kPatienceMs = 300'000;    // an agent that says nothing for so long is as good as none
constexpr int kRecoveryMustStop = 126;  // restore_command: 1 to 125 would say "no such file"
constexpr int kFailed = 4;
constexpr size_t kLongestLine = 8192;

struct Call {
  bool fetches = false;
  const char* name = nullptr;  // fetch: NAME
  const char* path = nullptr;  // push: PATH; fetch: DESTINATION
  const char* socket = kSocket;
  char** fallback = nullptr;  // the words behind --; null: none
  int fallback_words = 0;
};

int failed(const Call& call, const char* what) {
  std::fprintf(stderr, "pgcontract-wal: %s\n", what);
  return call.fetches ? kRecoveryMustStop : kFailed;
}

bool parse(int count, char** words, Call& call) {
  if (count < 2) return false;
  call.fetches = std::strcmp(words[1], "fetch") == 0;
  if (!call.fetches && std::strcmp(words[1], "push") != 0) return false;
  int at = 2;
  if (call.fetches && at < count) call.name = words[at++];
  if (at < count) call.path = words[at++];
  if (at + 1 < count && std::strcmp(words[at], "--socket") == 0) {
    call.socket = words[at + 1];
    at += 2;
  }
  if (at < count && std::strcmp(words[at], "--") == 0) {
    call.fallback = words + at + 1;
    call.fallback_words = count - at - 1;
    at = count;
  }
  return at == count && call.path != nullptr && (!call.fetches || call.name != nullptr);
}

// PATH, from the root. The agent works in a folder of its own.
bool absolute(const char* path, char* into, size_t size) {
  if (path[0] == '/') return std::snprintf(into, size, "%s", path) < static_cast<int>(size);
  char folder[PATH_MAX];
  if (getcwd(folder, sizeof folder) == nullptr) return false;
  return std::snprintf(into, size, "%s/%s", folder, path) < static_cast<int>(size);
}

bool send_all(int fd, const char* text, size_t size) {
  while (size > 0) {
    const ssize_t count = send(fd, text, size, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

// The agent's one line, without its newline. False: none came.
bool receive_line(int fd, char* line, size_t size) {
  size_t used = 0;
  while (used + 1 < size) {
    pollfd wait{fd, POLLIN, 0};
    const int ready = poll(&wait, 1, kPatienceMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t count = recv(fd, line + used, size - 1 - used, 0);
    if (count <= 0) return false;
    used += static_cast<size_t>(count);
    if (line[used - 1] == '\n') {
      line[used - 1] = '\0';
      return true;
    }
  }
  return false;
}

bool ask(const Call& call, char* answer, size_t size) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(call.socket) >= sizeof address.sun_path) return false;
  std::strcpy(address.sun_path, call.socket);
  char path[PATH_MAX];
  char line[kLongestLine];
  if (!absolute(call.path, path, sizeof path) || std::strpbrk(path, "\t\n") != nullptr) return false;
  const int length = call.fetches ? std::snprintf(line, sizeof line, "fetch %s\t%s\n", call.name, path)
                                  : std::snprintf(line, sizeof line, "push %s\n", path);
  if (length < 0 || length >= static_cast<int>(sizeof line)) return false;
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool answered = fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                        send_all(fd, line, static_cast<size_t>(length)) && receive_line(fd, answer, size);
  if (fd >= 0) close(fd);
  return answered;
}

int without_agent(const Call& call) {
  if (call.fallback_words == 0) return failed(call, "no agent answers, and behind -- no program is named");
  const size_t most = static_cast<size_t>(call.fallback_words) + 6;
  auto** words = static_cast<char**>(std::calloc(most, sizeof(char*)));
  if (words == nullptr) return failed(call, "out of memory");
  int at = 0;
  for (; at < call.fallback_words; ++at) words[at] = call.fallback[at];
  words[at++] = const_cast<char*>("backup");
  words[at++] = const_cast<char*>(call.fetches ? "wal-fetch" : "wal-push");
  words[at++] = const_cast<char*>("--");
  if (call.fetches) words[at++] = const_cast<char*>(call.name);
  words[at] = const_cast<char*>(call.path);
  execvp(words[0], words);
  std::free(words);
  return failed(call, std::strerror(errno));
}

}  // namespace

int main(int count, char** words) {
  Call call;
  if (!parse(count, words, call)) {
    std::fprintf(stderr,
                 "usage: pgcontract-wal push PATH [--socket SOCKET] -- PROGRAM [WORDS...]\n"
                 "       pgcontract-wal fetch NAME DESTINATION [--socket SOCKET] -- PROGRAM [WORDS...]\n");
    return kRecoveryMustStop;  // for archive_command as good as any
  }
  char answer[kLongestLine];
  if (!ask(call, answer, sizeof answer) || std::strcmp(answer, "elsewhere") == 0) return without_agent(call);
  if (std::strcmp(answer, "ok") == 0) return 0;
  if (call.fetches && std::strcmp(answer, "absent") == 0) return 1;
  return failed(call, std::strncmp(answer, "error ", 6) == 0 ? answer + 6 : "the agent's answer is not understood");
}
