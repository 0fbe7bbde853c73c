#include "cluster/embedded.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/uuid.hpp"
#include "cluster/programs.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::cluster {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuperuser = "postgres";
constexpr std::size_t kLongestSocketDirectory = 80;  // sun_path holds 108 bytes, with the file's name

fs::path data_of(const Embedded& e) { return fs::path(e.directory) / "data"; }
fs::path log_of(const Embedded& e) { return fs::path(e.directory) / "server.log"; }
fs::path password_of(const Embedded& e) { return fs::path(e.directory) / "password"; }
fs::path settings_of(const Embedded& e) { return data_of(e) / "pgcontract.conf"; }

std::string hash_of(const std::string& text) { return fmt::format("{:016x}", std::hash<std::string>{}(text)); }

fs::path socket_directory_of(const Embedded& e) {
  fs::path inside = fs::path(e.directory) / "socket";
  if (inside.string().size() <= kLongestSocketDirectory) return inside;
  return fs::path("/tmp") / ("pgcontract-" + hash_of(e.directory));
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Serialises up, down and remove of one cluster across processes; released when it goes out of scope.
class FileLock {
 public:
  explicit FileLock(const Embedded& e) {
    fd_ = open((fs::path(e.directory).string() + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd_ >= 0) flock(fd_, LOCK_EX);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  int fd_ = -1;
};

Result<void> write_text(const fs::path& path, const std::string& text, bool secret) {
  const int fd = open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, secret ? 0600 : 0644);
  const bool written =
      fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  if (fd >= 0 && secret) {
    if (const std::string user = server_user(); !user.empty())
      if (const passwd* entry = getpwnam(user.c_str()))
        if (fchown(fd, entry->pw_uid, entry->pw_gid) != 0) close(fd);
  }
  if (fd >= 0) close(fd);
  if (!written)
    return fail(ErrorCode::Io, fmt::format("could not write {}", path.string()),
                "Is the disk full, or the folder read-only?");
  return {};
}

// initdb into a folder beside, renamed when complete: a killed initdb never leaves half a cluster behind.
Result<void> initialise(const Embedded& e, const fs::path& programs) {
  const fs::path fresh = fs::path(e.directory) / "data.new";
  std::error_code error;
  fs::remove_all(fresh, error);
  PGC_CHECK(make_private_directory(e.directory));
  PGC_CHECK(write_text(password_of(e), Uuid::random().hex(), /*secret=*/true));
  PGC_TRY(const ProcessResult made,
          run_server_program(
              programs / "initdb",
              {"-D", fresh.string(), "-U", kSuperuser, "--pwfile=" + password_of(e).string(), "--auth=scram-sha-256",
               "--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"}));
  if (made.exit_code != 0)
    return fail(ErrorCode::Process, "initdb failed: " + made.error_output, "Is there space on the disk?",
                fresh.string());
  PGC_CHECK(write_text(fresh / "postgresql.auto.conf", "", false));
  {
    std::ofstream conf(fresh / "postgresql.conf", std::ios::app);
    conf << "\ninclude_if_exists = 'pgcontract.conf'\n";
  }
  fs::rename(fresh, data_of(e), error);
  if (error) return fail(ErrorCode::Io, "could not finish the cluster's folder: " + error.message(), "", e.directory);
  return {};
}

int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  int port = 0;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0)
    port = ntohs(address.sin_port);
  close(fd);
  return port;
}

// As a shell's words within a quoted setting, where % begins what the server puts in.
std::string archive_command(const std::vector<std::string>& words) {
  std::string command;
  for (const auto& word : words) {
    if (!command.empty()) command += ' ';
    if (word == "%p") {
      command += word;
      continue;
    }
    command += "''";  // a quote within the setting's own
    for (const char c : word)
      command += c == '\'' ? "''\\\\''''" : c == '\\' ? "\\\\" : std::string(c == '%' ? 2 : 1, c);
    command += "''";
  }
  return command;
}

std::string archive_settings(const Archiving& archiving) {
  if (archiving.command.empty()) return "archive_mode = off\n";
  return fmt::format("archive_mode = on\narchive_command = '{}'\narchive_timeout = 60s\n",
                     archive_command(archiving.command));
}

Result<void> write_settings(const Embedded& e, const Archiving& archiving, int port) {
  PGC_CHECK(make_private_directory(socket_directory_of(e)));
  return write_text(settings_of(e),
                    fmt::format("# Written by pgcontract up.\n"
                                "port = {}\n"
                                "listen_addresses = '127.0.0.1'\n"
                                "unix_socket_directories = '{}'\n"
                                "wal_level = logical\n"
                                "shared_preload_libraries = 'pg_stat_statements'\n"
                                "max_locks_per_transaction = 256\n"
                                "password_encryption = scram-sha-256\n"
                                "{}",
                                port, socket_directory_of(e).string(), archive_settings(archiving)),
                    false);
}

int port_of(const Embedded& e) {
  const std::string text = read_text(settings_of(e));
  const auto at = text.find("port = ");
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + 7);
}

Result<void> start_server(const Embedded& e, const Archiving& archiving, const fs::path& programs) {
  constexpr int kAttempts = 3;  // another program may take the port between our look and the server's
  std::error_code error;
  fs::remove(data_of(e) / "postmaster.pid", error);  // ours is not running; one that is there came with a copy
  std::string log;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    PGC_CHECK(write_settings(e, archiving, free_port()));
    PGC_TRY(const ProcessResult started,
            run_server_program(programs / "pg_ctl",
                               {"-D", data_of(e).string(), "-l", log_of(e).string(), "-w", "-s", "start"}));
    if (started.exit_code == 0) return {};
    log = read_text(log_of(e));
    if (log.find("could not bind") == std::string::npos) break;
  }
  const auto tail = log.size() > 800 ? log.substr(log.size() - 800) : log;
  return fail(ErrorCode::Process, "the server did not start; the end of its log:\n" + tail, "See the whole log.",
              log_of(e).string());
}

Result<void> create_database(const Embedded& e) {
  PGC_TRY(postgres::Dsn target, dsn(e));
  PGC_TRY(auto connection, postgres::Connection::open(target.with("dbname", "postgres")));
  PGC_TRY(
      const auto found,
      connection.query("SELECT FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) $1::pg_catalog.name",
                       {e.database}));
  if (!found.empty()) return {};
  std::string name = "\"";
  for (char c : e.database) name += c == '"' ? "\"\"" : std::string(1, c);
  return connection.execute("CREATE DATABASE " + name + "\" TEMPLATE template0");
}

bool reachable_by_server_user(const fs::path& directory) {
  if (server_user().empty()) return true;
  const auto tried = run_server_program("/usr/bin/test", {"-x", directory.string()});
  return tried && tried->exit_code == 0;
}

// Why the server could not archive; empty: it can.
std::string cannot_archive(const Archiving& archiving) {
  for (const auto& path : archiving.readable) {
    const auto tried = run_server_program("/usr/bin/test", {"-r", path});
    if (!tried || tried->exit_code != 0) return fmt::format("the server's user cannot read {}", path);
  }
  if (archiving.folder.empty()) return {};
  if (!fs::exists(archiving.folder))
    if (const auto made = make_private_directory(archiving.folder); !made) return made.error().message;
  const auto tried = run_server_program("/usr/bin/test", {"-w", archiving.folder});
  return tried && tried->exit_code == 0 ? "" : fmt::format("the server's user cannot write to {}", archiving.folder);
}

}  // namespace

Embedded locate(const std::string& contract_directory, const std::string& environment, const std::string& database) {
  const fs::path beside = fs::path(contract_directory) / ".pgcontract" / environment;
  if (fs::exists(beside / "data") || reachable_by_server_user(contract_directory)) return {beside.string(), database};
  return {(fs::path("/var/lib/pgcontract") / (environment + "-" + hash_of(beside.string()))).string(), database};
}

State state_of(const Embedded& e) {
  if (!fs::exists(data_of(e) / "PG_VERSION")) return State::Absent;
  // Lines: pid, data directory, … (docs §31.5, miscadmin.h). A copied folder brings another cluster's file along.
  std::istringstream pid_file(read_text(data_of(e) / "postmaster.pid"));
  int pid = 0;
  std::string data_directory;
  pid_file >> pid >> std::ws;
  std::getline(pid_file, data_directory);
  if (data_directory != data_of(e).string()) return State::Stopped;
  return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM) ? State::Running : State::Stopped;
}

Result<Started> start(const Embedded& e, const std::function<void(std::string_view)>& progress,
                      const Archiving& archiving) {
  std::error_code error;
  fs::create_directories(fs::path(e.directory).parent_path(), error);
  const FileLock lock(e);
  PGC_TRY(const fs::path programs, find_server_programs());
  Started started;
  started.was_running = state_of(e) == State::Running;
  if (state_of(e) == State::Absent) {
    progress("creating a private cluster");
    PGC_CHECK(initialise(e, programs));
    started.created = true;
  }
  if (!started.was_running) {
    progress("starting the server");
    Archiving possible = archiving;
    if (!archiving.command.empty()) started.no_archive = cannot_archive(archiving);
    if (!started.no_archive.empty()) possible = {};
    PGC_CHECK(start_server(e, possible, programs));
  }
  started.archives = read_text(settings_of(e)).find("archive_mode = on") != std::string::npos;
  if (started.was_running && !started.archives && !archiving.command.empty())
    started.no_archive = "it was started without; it does after pgcontract down and up";
  PGC_CHECK(create_database(e));
  started.version = read_text(data_of(e) / "PG_VERSION");
  while (!started.version.empty() && started.version.back() == '\n') started.version.pop_back();
  return started;
}

Result<bool> stop(const Embedded& e) {
  const FileLock lock(e);
  if (state_of(e) != State::Running) return false;
  PGC_TRY(const fs::path programs, find_server_programs());
  PGC_TRY(const ProcessResult stopped,
          run_server_program(programs / "pg_ctl", {"-D", data_of(e).string(), "-m", "fast", "-w", "-s", "stop"}));
  if (stopped.exit_code != 0)
    return fail(ErrorCode::Process, "the server did not stop: " + stopped.error_output, "See its log.",
                log_of(e).string());
  return true;
}

Result<bool> remove(const Embedded& e) {
  if (!fs::exists(e.directory)) return false;
  PGC_TRY([[maybe_unused]] const bool stopped, stop(e));
  std::error_code error;
  fs::remove_all(socket_directory_of(e), error);
  fs::remove_all(e.directory, error);
  if (error) return fail(ErrorCode::Io, "could not remove the cluster: " + error.message(), "", e.directory);
  fs::remove(e.directory + ".lock", error);
  fs::remove(fs::path(e.directory).parent_path(), error);  // .pgcontract itself, when this was the last
  return true;
}

Result<postgres::Dsn> dsn(const Embedded& e) {
  if (state_of(e) != State::Running)
    return fail(ErrorCode::Unreachable, "the embedded cluster is not running", "Start it with: pgcontract up",
                e.directory);
  SecretString password(read_text(password_of(e)));
  if (password.empty())
    return fail(ErrorCode::Permission, "the embedded cluster's password cannot be read",
                "Run as the user who ran pgcontract up.", password_of(e).string());
  postgres::Dsn target;
  target.keywords = {{"host", socket_directory_of(e).string()},
                     {"port", std::to_string(port_of(e))},
                     {"user", kSuperuser},
                     {"dbname", e.database}};
  target.password = std::move(password);
  return target;
}

}  // namespace pgcontract::cluster
