#include "restore/feed.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "base/file_descriptor.hpp"
#include "cluster/programs.hpp"
#include "restore/archive.hpp"
#include "restore/recovery.hpp"
#include "wal/segment.hpp"

namespace pgcontract::restore {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kRescanMs = 1'000;  // should a notice ever be lost

// 1 tells the server that there is no such file; above 125 it gives up (docs §26.3.4).
constexpr std::string_view kScript =
    "# Written by pgcontract: asks process {pid} for a file of the archive.\n"
    "w={folder}\n"
    "take() { [ -e \"$w/have/$1\" ] && mv \"$w/have/$1\" \"$2\"; }\n"
    "take \"$1\" \"$2\" && exit 0\n"
    ": > \"$w/want/$1\" || exit 200\n"
    "while :; do\n"
    "  take \"$1\" \"$2\" && exit 0\n"
    "  [ -e \"$w/none/$1\" ] && exit 1\n"
    "  [ -e \"$w/failed\" ] && exit 200\n"
    "  [ -d /proc/{pid} ] || exit 201\n"
    "  sleep 0.01\n"
    "done\n";

std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

// A file that comes into being whole under its name: written beside, renamed.
class Landing {
 public:
  Landing(fs::path folder, const std::string& name) : final_(folder / "have" / name), path_(folder / (name + ".part")) {
    file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  }
  Result<void> write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
      if (count < 0)
        return fail(errno == ENOSPC ? ErrorCode::OutOfSpace : ErrorCode::Io,
                    fmt::format("could not write {}: {}", path_.string(), std::strerror(errno)));
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }
  Result<void> land() {
    file_.close();
    PGC_CHECK(cluster::give_to_server_user(path_));
    std::error_code error;
    fs::rename(path_, final_, error);
    if (error) return fail(ErrorCode::Io, fmt::format("could not place {}: {}", final_.string(), error.message()));
    return {};
  }
  ~Landing() {
    file_.close();
    ::unlink(path_.c_str());
  }

 private:
  fs::path final_, path_;
  FileDescriptor file_;
};

class Feed : public WalFeed {
 public:
  Feed(store::Store& store, FeedRequest request) : store_(store), request_(std::move(request)) {}

  ~Feed() override {
    const std::uint64_t one = 1;
    if (stop_.get() >= 0) [[maybe_unused]]
      const auto written = ::write(stop_.get(), &one, sizeof one);
    if (thread_.joinable()) thread_.join();
  }

  Result<void> begin() {
    const fs::path folder = request_.folder;
    for (const auto& part : {folder, folder / "want", folder / "have", folder / "none"})
      PGC_CHECK(cluster::make_private_directory(part));
    std::string script(kScript);
    const auto replace = [&](std::string_view what, const std::string& with) {
      for (auto at = script.find(what); at != std::string::npos; at = script.find(what, at + with.size()))
        script.replace(at, what.size(), with);
    };
    replace("{pid}", std::to_string(getpid()));
    replace("{folder}", shell_word(request_.folder));
    const std::string path = folder / "fetch";
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (::write(file.get(), script.data(), script.size()) != static_cast<ssize_t>(script.size()))
      return fail(ErrorCode::Io, fmt::format("could not write {}: {}", path, std::strerror(errno)));
    stop_ = FileDescriptor(eventfd(0, EFD_CLOEXEC));
    notices_ = FileDescriptor(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    wanted_ = inotify_add_watch(notices_.get(), (folder / "want").c_str(), IN_CLOSE_WRITE);
    taken_ = inotify_add_watch(notices_.get(), (folder / "have").c_str(), IN_MOVED_FROM);
    if (stop_.get() < 0 || wanted_ < 0 || taken_ < 0)
      return fail(ErrorCode::Io, fmt::format("could not watch {}: {}", request_.folder, std::strerror(errno)));
    thread_ = std::thread([this] { serve(); });
    return {};
  }

  std::string restore_command() const override {
    return fmt::format("/bin/sh {} %f %p", shell_word(request_.folder + "/fetch"));
  }
  std::optional<Error> error() const override {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  Fed fed() const override {
    const std::lock_guard lock(mutex_);
    return fed_;
  }

 private:
  void serve() {
    while (true) {
      std::array<pollfd, 2> fds = {pollfd{stop_.get(), POLLIN, 0}, pollfd{notices_.get(), POLLIN, 0}};
      poll(fds.data(), fds.size(), kRescanMs);
      if (fds[0].revents != 0) return;
      const std::string taken = drain_notices();
      for (const auto& name : wishes()) grant(name);
      if (!taken.empty()) {
        {
          const std::lock_guard lock(mutex_);
          if (walg::parse_segment(taken, request_.segment_size)) fed_.last = taken;
        }
        stay_ahead(taken);
      }
    }
  }

  // The newest file that the server took.
  std::string drain_notices() {
    alignas(inotify_event) std::array<char, 16384> buffer;
    std::string taken;
    ssize_t size = 0;
    while ((size = ::read(notices_.get(), buffer.data(), buffer.size())) > 0)
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
        if (event->wd == taken_ && event->len > 0) taken = event->name;
        at += static_cast<ssize_t>(sizeof *event + event->len);
      }
    return taken;
  }

  std::vector<std::string> wishes() const {
    std::vector<std::string> names;
    const std::string folder = request_.folder + "/want";
    if (DIR* directory = opendir(folder.c_str())) {
      while (const dirent* entry = readdir(directory))
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
      closedir(directory);
    }
    return names;
  }

  bool has(const std::string& part, const std::string& name) const {
    return ::access((fs::path(request_.folder) / part / name).c_str(), F_OK) == 0;
  }

  void grant(const std::string& name) {
    std::error_code ignored;
    fs::remove(fs::path(request_.folder) / "want" / name, ignored);
    if (has("have", name) || has("failed", "")) return;
    const auto found = fetch(name);
    if (!found) return give_up(found.error());
    if (!*found) FileDescriptor(::open((fs::path(request_.folder) / "none" / name).c_str(), O_CREAT | O_WRONLY, 0644));
    if (*found) stay_ahead(name);
  }

  void give_up(Error error) {
    {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::move(error);
    }
    FileDescriptor(::open((fs::path(request_.folder) / "failed").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  }

  // What goes wrong here is told when the server asks for that very segment.
  void stay_ahead(const std::string& after) {
    auto segment = walg::parse_segment(after, request_.segment_size);
    for (int i = 0; segment && i < request_.ahead; ++i) {
      ++segment->number;
      const std::string name = walg::segment_name(*segment, request_.segment_size);
      if (has("have", name)) continue;
      if (!wishes().empty()) return;  // those first
      const auto found = fetch(name);
      if (!found || !*found) return;
    }
  }

  // False: the archive does not have it.
  Result<bool> fetch(const std::string& name) {
    const auto began = Clock::now();
    PGC_TRY(const std::string key, find_wal_object(store_, name));
    if (key.empty()) return false;
    auto fetched = fetch_object(name, key);
    if (!fetched) return with_context(fetched.error(), key);
    const std::lock_guard lock(mutex_);
    fed_.segments += walg::parse_segment(name, request_.segment_size).has_value();
    fed_.bytes += *fetched;
    fed_.fetch_seconds += std::chrono::duration<double>(Clock::now() - began).count();
    return true;
  }

  Result<std::uint64_t> fetch_object(const std::string& name, const std::string& key) {
    Landing landing(request_.folder, name);
    std::string beginning;
    std::uint64_t size = 0;
    walg::Seal seal = request_.seal;
    seal.compression = walg::compression_of(key);
    PGC_TRY(auto decoder, walg::Decoder::make(seal, [&](std::string_view bytes) -> Result<void> {
              if (beginning.size() < wal::kLongHeader)
                beginning.append(bytes.substr(0, wal::kLongHeader - beginning.size()));
              size += bytes.size();
              return landing.write(bytes);
            }));
    PGC_CHECK(store_.get(key, {}, [&](std::string_view bytes) { return decoder.add(bytes); }));
    PGC_CHECK(decoder.finish());
    if (walg::parse_segment(name, request_.segment_size)) {
      PGC_TRY(const auto facts, wal::read_segment_facts(beginning, name));
      PGC_CHECK(wal::check_segment(
          facts, name, size,
          request_.system_identifier == 0 ? std::nullopt : std::optional(request_.system_identifier)));
    }
    PGC_CHECK(landing.land());
    return size;
  }

  store::Store& store_;
  FeedRequest request_;
  FileDescriptor stop_, notices_;
  int wanted_ = -1, taken_ = -1;
  std::thread thread_;
  mutable std::mutex mutex_;  // of what follows
  std::optional<Error> error_;
  Fed fed_;
};

}  // namespace

Result<std::unique_ptr<WalFeed>> WalFeed::start(store::Store& store, const FeedRequest& request) {
  auto feed = std::make_unique<Feed>(store, request);
  PGC_CHECK(feed->begin());
  return feed;
}

}  // namespace pgcontract::restore
