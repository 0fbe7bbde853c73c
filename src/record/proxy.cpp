#include "record/proxy.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <list>
#include <random>
#include <thread>

namespace pgcontract::record {
namespace {

constexpr std::size_t kEnough = 1U << 20U;  // bytes that wait for one side before the other is read on
constexpr std::size_t kChunk = 64 * 1024;
constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view kSocketName = "/.s.PGSQL.5432";

Failure io_failure(std::string_view what) {
  return fail(ErrorCode::Io, fmt::format("{}: {}", what, std::strerror(errno)));
}

// A folder of mode 0700 whose path leaves room for the socket's.
Result<std::string> private_folder() {
  std::error_code none;
  std::string base = std::filesystem::temp_directory_path(none).string();
  if (none || base.size() > kLongestPath / 2) base = "/tmp";
  std::string name = base + "/pgcontract." + std::string(6, 'X');  // mkdtemp puts its own letters there
  if (!mkdtemp(name.data())) return io_failure("could not make a folder in " + base);
  return name;
}

Result<FileDescriptor> listening_socket(const std::string& path) {
  FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (fd.get() < 0 || bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd.get(), 16) != 0)
    return io_failure("could not listen on " + path);
  return fd;
}

// A program that has come in; a session behind it once it has said what it wants.
struct Guest {
  FileDescriptor client;
  std::optional<postgres::RawSession> server;
  std::optional<Listener> listener;
  MessageBuffer from_client, from_server;
  std::string to_client, to_server;
  std::int32_t pid = 0, key = 0;
  bool leaves = false;  // once to_client is out
  bool gone = false;
};

}  // namespace

class Proxy::State {
 public:
  State(const postgres::Dsn& dsn, Counts counts, std::string folder)
      // Encryption by GSSAPI is inside libpq, out of our reach; TLS is not.
      : dsn_(dsn.with("gssencmode", "disable")), counts_(std::move(counts)), folder_(std::move(folder)) {}
  State(const State&) = delete;
  ~State() {
    (void)stop();
    listener_.close();
    std::error_code none;
    std::filesystem::remove(folder_ + std::string(kSocketName), none);
    std::filesystem::remove(folder_, none);
  }

  Result<void> start() {
    PGC_TRY(auto connection, postgres::Connection::open(dsn_));
    PGC_TRY(const auto rows, connection.query("SELECT session_user, pg_catalog.current_database()"));
    guest_dsn_.keywords = {{"host", folder_},
                           {"port", "5432"},
                           {"user", std::string(rows.at(0, 0))},
                           {"dbname", std::string(rows.at(0, 1))}};
    if (const std::string own = dsn_.keyword("options"); !own.empty()) guest_dsn_.keywords["options"] = own;
    PGC_TRY(listener_, listening_socket(folder_ + std::string(kSocketName)));
    wake_ = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (wake_.get() < 0) return io_failure("could not make an event");
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
  }

  const postgres::Dsn& guest_dsn() const { return guest_dsn_; }

  Transcript stop() {
    if (thread_.joinable()) {
      thread_.request_stop();
      eventfd_write(wake_.get(), 1);
      thread_.join();
    }
    guests_.clear();
    return std::move(transcript_);
  }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> fds = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      for (const auto& guest : guests_) {
        const auto events = [](bool reads, bool writes) {
          return static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
        };
        fds.push_back({guest.client.get(), events(guest.to_server.size() < kEnough, !guest.to_client.empty()), 0});
        fds.push_back({guest.server ? guest.server->socket() : -1,
                       events(guest.to_client.size() < kEnough, !guest.to_server.empty()), 0});
      }
      if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
      std::size_t at = 2;
      for (auto& guest : guests_) {
        serve(guest, fds[at].revents != 0, fds[at + 1].revents != 0);
        at += 2;
      }
      guests_.remove_if([](const Guest& guest) { return guest.gone; });
      if (fds[1].revents != 0) let_in();
    }
  }

  void let_in() {
    FileDescriptor client(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    ucred peer{};
    socklen_t size = sizeof peer;
    if (client.get() < 0 || getsockopt(client.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
        peer.uid != geteuid())
      return;
    guests_.emplace_back().client = std::move(client);
  }

  void serve(Guest& guest, bool client_ready, bool server_ready) {
    if (client_ready && guest.to_server.size() < kEnough) read_client(guest);
    if (!guest.gone && guest.server && server_ready && guest.to_client.size() < kEnough) read_server(guest);
    if (!guest.gone) flush(guest);
    // A session cut short in the middle of a statement would leave it running.
    if (guest.gone && guest.server && guest.listener && guest.listener->is_waiting()) guest.server->cancel();
  }

  void read_client(Guest& guest) {
    std::array<char, kChunk> buffer;
    const ssize_t count = recv(guest.client.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
      guest.gone = true;
      return;
    }
    guest.from_client.add({buffer.data(), static_cast<std::size_t>(count)});
    while (!guest.gone && !guest.leaves) {
      const auto message = guest.from_client.next(/*startup=*/!guest.server);
      if (!message) {
        guest.gone = true;
        return;
      }
      if (!*message) return;
      if (!guest.server) {
        open(guest, parse_startup((*message)->body));
        continue;
      }
      guest.listener->from_client(**message);
      guest.to_server.append((*message)->whole);
    }
  }

  void read_server(Guest& guest) {
    std::array<char, kChunk> buffer;
    do {
      const auto count = guest.server->read(buffer.data(), buffer.size());
      if (!count) guest.leaves = true;
      if (!count || *count == 0) return;
      guest.from_server.add({buffer.data(), *count});
      while (true) {
        const auto message = guest.from_server.next();
        if (!message) guest.leaves = true;
        if (!message || !*message) break;
        if (const auto instead = guest.listener->from_server(**message))
          guest.to_client.append(*instead);
        else
          guest.to_client.append((*message)->whole);
      }
    } while (guest.server->has_buffered());
  }

  void flush(Guest& guest) {
    if (guest.server && !guest.to_server.empty()) {
      const auto count = guest.server->write(guest.to_server);
      if (!count) guest.leaves = true;
      guest.to_server.erase(0, count.value_or(guest.to_server.size()));
    }
    if (!guest.to_client.empty()) {
      const ssize_t count = send(guest.client.get(), guest.to_client.data(), guest.to_client.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN && errno != EINTR) guest.gone = true;
      if (count > 0) guest.to_client.erase(0, static_cast<std::size_t>(count));
    }
    if (guest.leaves && guest.to_client.empty()) guest.gone = true;
  }

  void refuse(Guest& guest, std::string_view sqlstate, std::string text) {
    guest.to_client += error_response(sqlstate, text);
    guest.leaves = true;
    if (transcript_.refused.empty()) transcript_.refused = std::move(text);
  }

  void open(Guest& guest, const Startup& startup) {
    if (startup.kind == Startup::Kind::Encryption) {
      guest.to_client += 'N';  // the socket never leaves this machine
      return;
    }
    if (startup.kind == Startup::Kind::Cancel) {
      for (const auto& other : guests_)
        if (other.server && other.pid == startup.pid && other.key == startup.key) other.server->cancel();
      guest.gone = true;
      return;
    }
    if (startup.kind == Startup::Kind::Unknown)
      return refuse(guest, "08P01", "the driver speaks another protocol than version 3");
    for (const auto* name : {"user", "dbname"}) {
      const std::string_view asked = startup.get(name == std::string_view("dbname") ? "database" : name);
      if (!asked.empty() && asked != guest_dsn_.keyword(name))
        return refuse(guest, "28000", fmt::format("env.py connects to {} {} and not as it is told", name, asked));
    }
    if (!startup.get("replication").empty()) return refuse(guest, "28000", "env.py asks for a session that replicates");
    connect(guest, startup);
  }

  void connect(Guest& guest, const Startup& startup) {
    postgres::ConnectOptions options;
    options.pinned = false;
    options.application_name = startup.get("application_name");
    if (options.application_name.empty()) options.application_name = "alembic";
    auto connection = postgres::Connection::open(dsn_.with("options", std::string(startup.get("options"))), options);
    if (!connection) return refuse(guest, "08006", connection.error().message);
    guest.server.emplace(std::move(*connection));
    guest.listener.emplace(transcript_, ++transcript_.sessions, counts_);
    guest.pid = guest.server->backend_pid();
    guest.key = static_cast<std::int32_t>(random_());
    // 3.2 and later have longer keys: we speak 3.0, and say so.
    if (startup.minor > 0) guest.to_client += message('v', int32_bytes(3 << 16) + int32_bytes(0));
    guest.to_client += session_opened(guest.server->parameters(), guest.pid, guest.key);
  }

  postgres::Dsn dsn_;
  Counts counts_;
  std::string folder_;
  postgres::Dsn guest_dsn_;
  FileDescriptor listener_, wake_;
  std::list<Guest> guests_;
  Transcript transcript_;
  std::random_device random_;
  std::jthread thread_;
};

Proxy::Proxy(std::unique_ptr<State> state) : state_(std::move(state)) {}
Proxy::Proxy(Proxy&&) noexcept = default;
Proxy& Proxy::operator=(Proxy&&) noexcept = default;
Proxy::~Proxy() = default;

Result<Proxy> Proxy::start(const postgres::Dsn& dsn, const Counts& counts) {
  PGC_TRY(std::string folder, private_folder());
  auto state = std::make_unique<State>(dsn, counts, std::move(folder));
  PGC_CHECK(state->start());
  return Proxy(std::move(state));
}

const postgres::Dsn& Proxy::dsn() const { return state_->guest_dsn(); }
Transcript Proxy::stop() { return state_->stop(); }

}  // namespace pgcontract::record
