#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "backup/base.hpp"
#include "backup/pipe.hpp"
#include "base/interrupt.hpp"
#include "walg/names.hpp"

namespace pgcontract::backup {
namespace {

constexpr std::size_t kOnTheWay = std::size_t{8} << 20;
constexpr std::size_t kLargestSmallFile = std::size_t{1} << 20;  // label, map of tablespaces, pg_control
constexpr int kStallMs = 900'000;                                // the checkpoint at the beginning may take long
constexpr int kTries = 5;

// A part that is being filled from this thread and stored by one of its own.
class OpenPart {
 public:
  OpenPart(Writer& writer, std::string leaf)
      : pipe_(kOnTheWay), thread_([this, &writer, leaf = std::move(leaf)] {
          stored_ = writer.put_part(leaf, [this] { return next(); });
          pipe_.abandon();
        }) {}
  OpenPart(const OpenPart&) = delete;
  OpenPart& operator=(const OpenPart&) = delete;
  ~OpenPart() {
    if (!thread_.joinable()) return;
    pipe_.fail({ErrorCode::Cancelled, "given up", "", "", "", {}});
    announce(std::nullopt);
    thread_.join();
  }

  // The next member; its bytes follow by write().
  void announce(std::optional<walg::TarEntry> entry) {
    const std::lock_guard lock(mutex_);
    if (entry)
      entries_.push_back(std::move(*entry));
    else
      last_ = true;
    changed_.notify_all();
  }
  // An Error where the store has failed.
  Result<void> write(std::string_view bytes) {
    if (pipe_.write(std::string(bytes))) return {};
    if (thread_.joinable()) thread_.join();
    return stored_ ? fail(ErrorCode::Bug, "a part ended before its files") : stored_;
  }
  Result<void> close() {
    announce(std::nullopt);
    pipe_.close();
    if (thread_.joinable()) thread_.join();
    return stored_;
  }

 private:
  // For the storing thread.
  Result<std::optional<walg::TarMember>> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !entries_.empty() || last_; });
    if (entries_.empty()) return std::optional<walg::TarMember>();
    walg::TarMember member{std::move(entries_.front()), {}};
    entries_.pop_front();
    if (member.entry.kind == 'd') return member;
    // The pipe holds the bytes of all members one after the other: each takes its own.
    member.data = [this, left = member.entry.size](std::span<char> into) mutable -> Result<std::size_t> {
      if (left == 0) return std::size_t{0};
      PGC_TRY(const std::size_t count,
              pipe_.read(into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left)))));
      if (count == 0) return fail(ErrorCode::ConnectionLost, "the server's files ended within one");
      left -= count;
      return count;
    };
    return member;
  }

  Pipe pipe_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<walg::TarEntry> entries_;
  bool last_ = false;
  Result<void> stored_;
  std::thread thread_;  // last: it uses what stands above
};

// The server's archives, member by member, into parts.
class Receiver {
 public:
  Receiver(store::Store& store, const walg::Seal& seal, const BaseRequest& request, const ServerFacts& server)
      : store_(store), seal_(seal), request_(request), server_(server) {}

  Result<void> rows(const postgres::Rows& rows) {
    if (++row_sets_ == 2) {
      for (int i = 0; i < rows.size(); ++i)
        if (!rows.is_null(i, 0)) spaces_.push_back({std::string(rows.at(i, 0)), std::string(rows.at(i, 1))});
      return {};
    }
    const auto lsn = walg::parse_lsn(rows.at(0, 0));
    std::uint32_t timeline = 0;
    const std::string_view text = rows.at(0, 1);
    std::from_chars(text.data(), text.data() + text.size(), timeline);
    if (!lsn || timeline == 0) return fail(ErrorCode::Bug, "the server does not say where its backup begins or ends");
    if (row_sets_ > 2) {
      if (timeline != timeline_)
        return fail(ErrorCode::Conflict, "the timeline changed during the backup", "Begin anew.");
      finish_ = *lsn;
      return {};
    }
    start_ = *lsn;
    timeline_ = timeline;
    const auto segment = walg::segment_of(timeline_, start_, server_.segment_size);
    PGC_TRY(auto writer,
            Writer::begin(store_, seal_, walg::backup_name(walg::segment_name(segment, server_.segment_size))));
    writer_.emplace(std::move(writer));
    return {};
  }

  // PostgreSQL 15 and later: one COPY of messages. Before: one COPY for each archive, the data directory's last.
  Result<void> bytes(int copy, std::string_view bytes) {
    if (interrupt::abort_requested()) return fail(ErrorCode::Cancelled, "stopped by the user");
    if (server_.version < 150'000) {
      if (!reader_) begin_archive(static_cast<std::size_t>(copy) < spaces_.size() ? spaces_[copy].oid : "");
      return reader_->add(bytes);
    }
    const char kind = bytes[0];
    bytes.remove_prefix(1);
    if (kind == 'd') return reader_ ? reader_->add(bytes) : Result<void>{};  // a manifest was not asked for
    if (kind != 'n') return {};                                              // 'p': progress
    PGC_CHECK(end_archive());
    std::string_view name = bytes.substr(0, bytes.find('\0'));
    if (name.ends_with(".tar")) name.remove_suffix(4);
    begin_archive(name == "base" ? "" : std::string(name));
    return {};
  }
  Result<void> end_archive() {
    if (!reader_) return {};
    const auto finished = reader_->finish();
    reader_.reset();
    return finished;
  }

  Result<TakenBase> finish(const std::string& start_time) {
    if (part_) PGC_CHECK(part_->close());
    part_.reset();
    if (control_.empty() || label_.empty() || finish_ == 0 || !writer_)
      return fail(ErrorCode::Bug, "the server sent no whole backup");
    PGC_CHECK(writer_->put_control(control_, control_entry_.mode, control_entry_.mtime));
    Ending ending;
    ending.label = label_;
    ending.tablespace_map = map_;
    ending.timeline = timeline_;
    ending.segment_size = server_.segment_size;
    ending.page_checksums = server_.page_checksums;  // the server compares them, and refuses at the end
    walg::Sentinel& sentinel = ending.sentinel;
    sentinel.lsn = start_;
    sentinel.finish_lsn = finish_;
    sentinel.pg_version = server_.version;
    sentinel.system_identifier = server_.system_identifier;
    sentinel.start_time = start_time;
    sentinel.hostname = host_name();
    sentinel.data_dir = server_.data_directory;
    sentinel.is_permanent = request_.permanent;
    sentinel.base_prefix = server_.data_directory;
    for (const auto& space : spaces_) sentinel.tablespaces.push_back({space.oid, space.location});
    TakenBase taken;
    taken.sentinel = sentinel;
    taken.server = server_;
    PGC_TRY(taken.manifest, writer_->finish(std::move(ending)));
    taken.sentinel.uncompressed_size = writer_->plain_bytes();
    taken.sentinel.compressed_size = writer_->stored_bytes();
    return taken;
  }
  std::string name() const { return writer_ ? writer_->name() : ""; }

 private:
  struct Space {
    std::string oid, location;
  };

  void begin_archive(std::string tablespace) {
    prefix_ = tablespace.empty() ? "" : "pg_tblspc/" + tablespace;
    reader_.emplace(
        walg::TarVisitor{[this](const walg::TarEntry& entry) { return begin_entry(entry); },
                         [this](std::string_view bytes) { return add(bytes); }, [this] { return Result<void>{}; }},
        walg::TarRules{.links = true, .needs_trailer = false});
  }

  Result<void> begin_entry(const walg::TarEntry& seen) {
    walg::TarEntry entry = seen;
    PGC_TRY(const std::string below, walg::safe_name(entry.name));
    const std::string name = prefix_ + (prefix_.empty() || below.empty() ? "" : "/") + below;
    to_ = To::Nowhere;
    kept_ = nullptr;
    if (entry.kind == 'l') return {};  // tablespace_map makes them again
    if (!prefix_.empty() && below.empty()) return {};
    if (name == "backup_label") kept_ = &label_;
    if (name == "tablespace_map") kept_ = &map_;
    if (name == "global/pg_control") {
      kept_ = &control_;
      control_entry_ = entry;
    }
    if (kept_) {
      to_ = To::Memory;
      return entry.size <= kLargestSmallFile ? Result<void>{} : fail(ErrorCode::Bug, name + " is too large");
    }
    if (name == "recovery.signal" || name == "standby.signal" || name == "postgresql.auto.conf.tmp") return {};
    entry.name = "/" + name;
    to_ = To::Part;
    return next_member(std::move(entry));
  }

  Result<void> next_member(walg::TarEntry entry) {
    const bool full =
        part_ && part_files_ > 0 && (part_bytes_ + entry.size > request_.part_bytes || part_files_ >= kMostFilesOfPart);
    if (full) {
      PGC_CHECK(part_->close());
      part_.reset();
    }
    if (!part_) {
      part_ = std::make_unique<OpenPart>(*writer_, part_leaf(writer_->next_part()));
      part_bytes_ = part_files_ = 0;
    }
    part_bytes_ += entry.size;
    ++part_files_;
    ++files_;
    part_->announce(std::move(entry));
    return {};
  }

  Result<void> add(std::string_view bytes) {
    if (to_ == To::Memory) kept_->append(bytes);
    if (to_ != To::Part) return {};
    bytes_ += bytes.size();
    if (request_.progress && bytes_ - told_ > (1U << 20)) {
      told_ = bytes_;
      request_.progress(files_, bytes_, server_.bytes);
    }
    return part_->write(bytes);
  }

  enum class To { Nowhere, Memory, Part };
  store::Store& store_;
  const walg::Seal& seal_;
  const BaseRequest& request_;
  const ServerFacts& server_;
  int row_sets_ = 0;
  Lsn start_ = 0, finish_ = 0;
  std::uint32_t timeline_ = 0;
  std::vector<Space> spaces_;
  std::optional<Writer> writer_;
  std::optional<walg::TarReader> reader_;
  std::string prefix_;  // of the tablespace whose archive comes
  To to_ = To::Nowhere;
  std::string* kept_ = nullptr;
  std::string label_, map_, control_;
  walg::TarEntry control_entry_;
  std::unique_ptr<OpenPart> part_;
  std::uint64_t part_bytes_ = 0, part_files_ = 0, files_ = 0, bytes_ = 0, told_ = 0;
};

Result<TakenBase> receive(const postgres::Dsn& dsn, Receiver& receiver, int version) {
  postgres::ConnectOptions options;
  options.application_name = "pgcontract backup base";
  options.pinned = false;  // the walsender runs no SQL
  PGC_TRY(auto connection, postgres::Connection::open(dsn.with("replication", "true"), options));
  connection.set_deadline_ms(kStallMs);
  const std::string start_time = format_instant(now());
  // WAIT false: whether the WAL has arrived is looked at by its content, afterwards.
  const std::string command =
      version >= 150'000
          ? fmt::format(
                "BASE_BACKUP (LABEL '{}', PROGRESS false, CHECKPOINT 'fast', WAIT false, TABLESPACE_MAP true, "
                "MANIFEST 'no')",
                kLabel)
          : fmt::format("BASE_BACKUP LABEL '{}' FAST NOWAIT TABLESPACE_MAP", kLabel);
  PGC_CHECK(
      connection.replicate(command, {[&](const postgres::Rows& rows) { return receiver.rows(rows); },
                                     [&](int copy, std::string_view bytes) { return receiver.bytes(copy, bytes); },
                                     [&](int) { return receiver.end_archive(); }}));
  return receiver.finish(start_time);
}

}  // namespace

Result<TakenBase> take_remote(const postgres::Dsn& dsn, store::Store& store, const walg::Seal& seal,
                              const BaseRequest& request) {
  ServerFacts server;
  {
    PGC_TRY(auto connection, postgres::Connection::open(dsn));
    PGC_TRY(server, read_server(connection));
  }
  for (int i = 1;; ++i) {
    Receiver receiver(store, seal, request, server);
    auto taken = receive(dsn, receiver, server.version);
    if (taken) return taken;
    const bool name_taken = taken.error().code == ErrorCode::Conflict && receiver.name().empty();
    if (!name_taken || i == kTries || server.in_recovery)
      return receiver.name().empty() ? taken : with_context(taken.error(), receiver.name());
    PGC_TRY(auto connection, postgres::Connection::open(dsn));
    PGC_CHECK(connection.query("SELECT pg_catalog.pg_switch_wal()"));
  }
}

}  // namespace pgcontract::backup
