#include "wal/prefetch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/interrupt.hpp"
#include "wal/local_file.hpp"

namespace pgcontract::wal {
namespace {

namespace fs = std::filesystem;
using walg::WalFileKind;

constexpr auto kLongestWait = std::chrono::seconds(120);
constexpr auto kPause = std::chrono::milliseconds(2);

fs::path folder_of(const std::string& destination) {
  return fs::path(destination).parent_path() / ".pgcontract_prefetch";
}
fs::path lock_of(const fs::path& folder) { return folder / "lock"; }

bool is_segment(std::string_view name) { return walg::wal_file_kind(name) == WalFileKind::Segment; }

// Any size will do to count on, but the cluster's: it is in the first segment that was fetched.
std::string after(const std::string& name, std::uint64_t steps, std::uint64_t segment_size) {
  auto segment = walg::parse_segment(name, segment_size);
  if (!segment) return {};
  segment->number += steps;
  return walg::segment_name(*segment, segment_size);
}

std::uint64_t size_of(const fs::path& path) {
  std::error_code none;
  const auto size = fs::file_size(path, none);
  return none ? 0 : size;
}

// True while somebody holds the file's lock.
bool is_being_written(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return file.get() >= 0 && ::flock(file.get(), LOCK_SH | LOCK_NB) != 0;
}

// What is behind the server is of no use any more.
void drop_older(const fs::path& folder, const std::string& name) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string found = entry.path().filename();
    if (is_segment(found) && found < name) fs::remove(entry.path(), none);
  }
}

// Nothing: it is not there, and nobody is about to bring it.
std::optional<Result<Fetched>> take(const std::string& name, const std::string& destination,
                                    std::optional<std::uint64_t> cluster) {
  const fs::path ahead = folder_of(destination) / name;
  const auto until = std::chrono::steady_clock::now() + kLongestWait;
  while (!fs::exists(ahead)) {
    if (!is_being_written(unfinished(ahead)) && !fs::exists(ahead)) return std::nullopt;
    if (interrupt::abort_requested() || std::chrono::steady_clock::now() > until) return std::nullopt;
    std::this_thread::sleep_for(kPause);
  }
  const auto taken = [&]() -> Result<Fetched> {
    PGC_TRY(const FileOut file, FileOut::open(ahead));
    PGC_TRY(const std::string page, file.beginning(kLongHeader));
    PGC_TRY(const SegmentFacts facts, read_segment_facts(page, name));
    PGC_CHECK(check_segment(facts, name, file.size(), cluster));
    PGC_CHECK(move_into_place(ahead, destination));
    return Fetched{file.size(), "fetched ahead"};
  }();
  std::error_code none;
  if (!taken) fs::remove(ahead, none);  // whatever happened to it here: the archive still has it
  if (!taken) return std::nullopt;
  return taken;
}

}  // namespace

Result<Fetched> fetch_or_take(Archive& archive, const std::string& name, const std::string& destination) {
  const auto cluster = cluster_around(destination);
  if (is_segment(name)) {
    if (auto taken = take(name, destination, cluster)) {
      drop_older(folder_of(destination), name);
      return *std::move(taken);
    }
  }
  auto fetched = archive.fetch(name, destination, cluster);
  const bool is_history = walg::wal_file_kind(name) == WalFileKind::History;
  if (!fetched && fetched.error().code == ErrorCode::NotFound && is_history) {
    std::error_code none;
    fs::remove_all(folder_of(destination), none);
  }
  return fetched;
}

bool wants_more(const std::string& name, const std::string& destination, const Ahead& ahead) {
  if (!is_segment(name) || ahead.segments == 0) return false;
  const fs::path folder = folder_of(destination);
  if (is_being_written(lock_of(folder))) return false;
  const std::uint64_t segment_size = size_of(destination);
  if (segment_size == 0) return false;
  return !fs::exists(folder / after(name, static_cast<std::uint64_t>(ahead.segments / 2 + 1), segment_size));
}

Result<void> fetch_ahead(Archive& archive, const std::string& name, const std::string& destination,
                         const Ahead& ahead) {
  const fs::path folder = folder_of(destination);
  const auto cluster = cluster_around(destination);
  PGC_TRY(const auto first, archive.first_segment());
  if (!first || !is_segment(name)) return {};
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(ErrorCode::Io, "could not make the folder for segments fetched ahead", "", folder.string());
  const FileDescriptor lock(::open(lock_of(folder).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.get() < 0 || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return {};
  std::atomic<int> next{1};
  std::atomic<bool> ended{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < ahead.threads; ++i)
    threads.emplace_back([&] {
      while (!ended) {
        const int step = next++;
        if (step > ahead.segments || interrupt::abort_requested()) return;
        const auto wanted = after(name, static_cast<std::uint64_t>(step), first->segment_size);
        if (fs::exists(folder / wanted)) continue;
        // Absent, or anything else: the server's own request will say so.
        const auto fetched = archive.fetch(wanted, folder / wanted, cluster);
        if (!fetched && fetched.error().code != ErrorCode::Conflict) ended = true;
      }
    });
  for (auto& thread : threads) thread.join();
  return {};
}

}  // namespace pgcontract::wal
