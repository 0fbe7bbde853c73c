#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <thread>

#include "backup/base.hpp"
#include "backup/data_file.hpp"
#include "backup/walk.hpp"
#include "base/interrupt.hpp"
#include "walg/names.hpp"

namespace pgcontract::backup {
namespace {

constexpr int kBackupTries = 5;
constexpr std::size_t kControlSize = 8192;
constexpr std::size_t kMostNamed = 20;
constexpr int kSessionMs = 24 * 3600 * 1000;  // a checkpoint may take long

// The session that holds the backup: while it lives, the server keeps full pages coming.
struct Session {
  postgres::Connection connection;
  ServerFacts server;
  Lsn start = 0;
  std::string start_time;
};

bool has_new_functions(const Session& session) { return session.server.version >= 150'000; }

Result<Lsn> lsn_at(const postgres::Rows& rows, int column) {
  const auto lsn = walg::parse_lsn(rows.at(0, column));
  if (!lsn) return fail(ErrorCode::Bug, fmt::format("the server says {} for an LSN", rows.at(0, column)));
  return *lsn;
}

Result<void> start_backup(Session& session) {
  session.start_time = format_instant(now());
  PGC_TRY(const auto rows,
          session.connection.query(has_new_functions(session) ? "SELECT pg_catalog.pg_backup_start($1, true)"
                                                              : "SELECT pg_catalog.pg_start_backup($1, true, false)",
                                   {std::string(kLabel)}));
  PGC_TRY(session.start, lsn_at(rows, 0));
  return {};
}

struct Stopped {
  Lsn finish = 0;
  std::string label, tablespace_map;
};
Result<Stopped> stop_backup(Session& session) {
  PGC_TRY(const auto rows, session.connection.query(
                               has_new_functions(session)
                                   ? "SELECT lsn, labelfile, spcmapfile FROM pg_catalog.pg_backup_stop(false)"
                                   : "SELECT lsn, labelfile, spcmapfile FROM pg_catalog.pg_stop_backup(false, false)"));
  PGC_TRY(const Lsn finish, lsn_at(rows, 0));
  return Stopped{finish, std::string(rows.at(0, 1)), std::string(rows.at(0, 2))};
}

Failure not_here(const std::string& directory, const std::string& why) {
  return fail(ErrorCode::InvalidInput, "the server's data directory cannot be read here: " + why,
              "Run it on the server's machine as the server's user, or let the server send its files: --remote.",
              directory);
}

// The directory is the very one the server runs on: same cluster, and the server's own lock file in it.
Result<void> check_directory(postgres::Connection& connection, const ServerFacts& server) {
  const std::string& directory = server.data_directory;
  if (directory.empty())
    return fail(ErrorCode::Permission, "this role may not see the server's data directory",
                "Grant it pg_read_all_settings, or let the server send its files: --remote.");
  const FileDescriptor control(::open((directory + "/global/pg_control").c_str(), O_RDONLY | O_CLOEXEC));
  std::uint64_t identifier = 0;
  if (control.get() < 0 || ::pread(control.get(), &identifier, sizeof identifier, 0) != sizeof identifier)
    return not_here(directory, std::strerror(errno));
  if (identifier != server.system_identifier) return not_here(directory, "another cluster lies there");
  PGC_TRY(const auto rows, connection.query("SELECT pg_catalog.floor(pg_catalog.date_part('epoch', "
                                            "pg_catalog.pg_postmaster_start_time()))::pg_catalog.int8"));
  const FileDescriptor lock(::open((directory + "/postmaster.pid").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text{};
  if (lock.get() < 0 || ::pread(lock.get(), text.data(), text.size() - 1, 0) <= 0)
    return not_here(directory, "no server runs on it");
  std::string_view line = text.data();  // process, directory, start in seconds
  for (int i = 0; i < 2; ++i) line.remove_prefix(std::min(line.find('\n'), line.size() - 1) + 1);
  const long recorded = std::strtol(std::string(line.substr(0, line.find('\n'))).c_str(), nullptr, 10);
  const long told = std::strtol(std::string(rows.at(0, 0)).c_str(), nullptr, 10);
  constexpr long kStartTakes = 120;
  if (std::abs(recorded - told) > kStartTakes)
    return not_here(directory, "another server of the same cluster runs on it");
  return {};
}

// The name follows from where the backup starts; it may be taken by one that starts in the same segment.
Result<Writer> begin(Session& session, store::Store& store, const walg::Seal& seal) {
  for (int i = 0;; ++i) {
    PGC_CHECK(start_backup(session));
    // On a standby the checkpoint may be the first record of its segment's page: wal-g takes the byte before.
    const Lsn named = session.server.in_recovery ? session.start - 1 : session.start;
    const auto segment = walg::segment_of(session.server.timeline, named, session.server.segment_size);
    auto writer =
        Writer::begin(store, seal, walg::backup_name(walg::segment_name(segment, session.server.segment_size)));
    if (writer || writer.error().code != ErrorCode::Conflict) return writer;
    if (session.server.in_recovery || i + 1 == kBackupTries)
      return fail(ErrorCode::Conflict, "another backup begins in the same WAL segment",
                  "Wait for the next checkpoint, then begin anew.");
    PGC_CHECK(stop_backup(session));
    PGC_CHECK(session.connection.query("SELECT pg_catalog.pg_switch_wal()"));
  }
}

// Threads that fill parts from one walk.
class Packers {
 public:
  Packers(Writer& writer, Walk walk, const BaseRequest& request, Lsn verify_from)
      : writer_(writer), walk_(std::move(walk)), request_(request), verify_from_(verify_from) {}

  Result<void> run(std::uint64_t bytes_expected) {
    std::vector<std::jthread> threads;
    {
      const std::lock_guard lock(mutex_);
      running_ = request_.workers;
    }
    for (int i = 0; i < request_.workers; ++i) threads.emplace_back([this] { pack(); });
    std::unique_lock lock(mutex_);
    while (running_ > 0) {
      ended_.wait_for(lock, std::chrono::milliseconds(200));
      lock.unlock();
      if (request_.progress) request_.progress(files_, bytes_, bytes_expected);
      lock.lock();
    }
    lock.unlock();
    threads.clear();
    if (error_) return fail(*error_);
    return {};
  }
  std::uint64_t corrupt_pages() const { return corrupt_pages_; }
  const std::vector<std::string>& corrupt() const { return corrupt_; }
  const Walk& walk() const { return walk_; }

 private:
  void pack() {
    std::vector<char> buffer;
    for (bool more = true; more;) {
      auto first = take();
      if (!first) {
        keep(first.error());
        break;
      }
      if (!*first) break;
      const auto packed = put_part(std::move(**first), buffer);
      if (!packed) keep(packed.error());
      more = packed.has_value();
    }
    const std::lock_guard lock(mutex_);
    --running_;
    ended_.notify_one();
  }

  Result<void> put_part(Found first, std::vector<char>& buffer) {
    auto pending = std::make_shared<std::optional<Found>>(std::move(first));
    const auto next = [&, pending, bytes = std::uint64_t{0},
                       files = std::uint64_t{0}]() mutable -> Result<std::optional<walg::TarMember>> {
      if (!*pending && (bytes > request_.part_bytes || files >= kMostFilesOfPart))
        return std::optional<walg::TarMember>();
      if (!*pending) {
        PGC_TRY(*pending, take());
      }
      if (!*pending) return std::optional<walg::TarMember>();
      Found found = std::move(**pending);
      pending->reset();
      bytes += found.entry.size;
      ++files;
      return member(std::move(found), buffer);
    };
    return writer_.put_part(part_leaf(writer_.next_part()), next);
  }

  walg::TarMember member(Found found, std::vector<char>& buffer) {
    walg::TarMember member{found.entry, {}};
    ++files_;
    if (found.entry.kind == 'd') return member;
    auto file = std::make_shared<DataFile>(std::move(found), verify_from_, buffer,
                                           [this](const std::string& name, std::uint32_t block) { note(name, block); });
    member.data = [this, file](std::span<char> into) -> Result<std::size_t> {
      auto count = file->read(into);
      if (count) bytes_ += *count;
      return count;
    };
    return member;
  }

  // The next file of the walk, for whoever comes first.
  Result<std::optional<Found>> take() {
    const std::lock_guard lock(mutex_);
    if (error_) return fail(ErrorCode::Cancelled, "another part failed");
    return walk_.next();
  }
  void keep(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
  }
  void note(const std::string& file, std::uint32_t block) {
    const std::lock_guard lock(mutex_);
    if (corrupt_.size() < kMostNamed) corrupt_.push_back(fmt::format("{} block {}", file.substr(1), block));
    ++corrupt_pages_;
  }

  Writer& writer_;
  Walk walk_;
  const BaseRequest& request_;
  Lsn verify_from_;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;
  std::optional<Error> error_;
  std::vector<std::string> corrupt_;
  std::uint64_t corrupt_pages_ = 0;
  std::atomic<std::uint64_t> files_{0}, bytes_{0};
};

// The server may be writing it: what two readings agree on is whole.
Result<void> put_control(Writer& writer, const std::string& directory) {
  const std::string path = directory + "/global/pg_control";
  std::string before;
  for (int i = 0; i < 20; ++i) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    std::string bytes(2 * kControlSize, '\0');
    struct stat status{};
    const ssize_t count = file.get() < 0 ? -1 : ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (count != kControlSize || ::fstat(file.get(), &status) != 0)
      return fail(ErrorCode::Io, "pg_control could not be read", "", path);
    bytes.resize(kControlSize);
    if (bytes == before) return writer.put_control(bytes, status.st_mode & 07777U, status.st_mtim.tv_sec);
    before = std::move(bytes);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return fail(ErrorCode::Io, "pg_control changes all the time", "", path);
}

Result<Ending> stop(Session& session, const BaseRequest& request) {
  PGC_TRY(const Stopped stopped, stop_backup(session));
  PGC_TRY(const auto rows, session.connection.query("SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()"));
  if (session.server.in_recovery && rows.at(0, 0) != std::to_string(session.server.timeline))
    return fail(ErrorCode::Conflict, "the standby went over to another timeline during the backup", "Begin anew.");
  Ending ending;
  ending.label = stopped.label;
  ending.tablespace_map = stopped.tablespace_map;
  ending.timeline = session.server.timeline;
  ending.segment_size = session.server.segment_size;
  ending.page_checksums = session.server.page_checksums;
  walg::Sentinel& sentinel = ending.sentinel;
  sentinel.lsn = session.start;
  sentinel.finish_lsn = stopped.finish;
  sentinel.pg_version = session.server.version;
  sentinel.system_identifier = session.server.system_identifier;
  sentinel.start_time = session.start_time;
  sentinel.hostname = host_name();
  sentinel.data_dir = session.server.data_directory;
  sentinel.is_permanent = request.permanent;
  sentinel.base_prefix = session.server.data_directory;
  PGC_TRY(const auto links, tablespace_links(session.server.data_directory));
  for (const auto& link : links) sentinel.tablespaces.push_back({link.oid, link.location});
  return ending;
}

Result<TakenBase> take(Session& session, Writer& writer, const BaseRequest& request) {
  PGC_TRY(Walk walk, Walk::open(session.server.data_directory, session.server.version / 10'000));
  Packers packers(writer, std::move(walk), request, session.server.page_checksums ? session.start : 0);
  PGC_CHECK(packers.run(session.server.bytes));
  PGC_CHECK(put_control(writer, session.server.data_directory));
  PGC_TRY(Ending ending, stop(session, request));
  ending.corrupt_pages = packers.corrupt_pages();
  TakenBase taken;
  taken.sentinel = ending.sentinel;
  PGC_TRY(taken.manifest, writer.finish(std::move(ending)));
  taken.sentinel.uncompressed_size = writer.plain_bytes();
  taken.sentinel.compressed_size = writer.stored_bytes();
  taken.server = session.server;
  taken.corrupt = packers.corrupt();
  const auto& passed = packers.walk().passed_over();
  if (!passed.empty())
    taken.notes.push_back(fmt::format("Left out, being neither file nor folder: {}.", fmt::join(passed, ", ")));
  return taken;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

Result<TakenBase> take_local(const postgres::Dsn& dsn, store::Store& store, const walg::Seal& seal,
                             const BaseRequest& request) {
  postgres::ConnectOptions options;
  options.application_name = "pgcontract backup base";
  options.statement_timeout_ms = kSessionMs;
  PGC_TRY(auto connection, postgres::Connection::open(dsn, options));
  PGC_TRY(auto server, read_server(connection));
  PGC_CHECK(check_directory(connection, server));
  PGC_CHECK(connection.execute("SET idle_session_timeout = 0"));  // it is idle while files are read
  Session session{std::move(connection), std::move(server), 0, ""};
  PGC_TRY(Writer writer, begin(session, store, seal));
  auto taken = take(session, writer, request);
  if (!taken) return with_context(taken.error(), writer.name());
  return taken;
}

}  // namespace pgcontract::backup
