#include "restore/unpack.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "base/file_descriptor.hpp"
#include "base/interrupt.hpp"
#include "cluster/programs.hpp"
#include "restore/file_list.hpp"
#include "restore/tally.hpp"
#include "walg/names.hpp"
#include "walg/tar.hpp"

namespace pgcontract::restore {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestDocument = std::size_t{64} << 20;
// Kept empty in a backup, or left out: a server does not start without them.
constexpr std::array<const char*, 12> kEmptyDirectories = {
    "pg_wal",  "pg_wal/archive_status", "pg_dynshmem", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots",
    "pg_stat", "pg_stat_tmp",           "pg_subtrans", "pg_tblspc", "pg_twophase"};

bool is_control(std::string_view part) { return part.starts_with("pg_control.tar"); }
bool is_label(std::string_view part) { return part.starts_with("backup_label.tar"); }

struct Part {
  std::string name;  // "part_001.tar.zst"
  std::uint64_t size = 0;
};

// One backup of the chain, as its documents and the listing describe it.
struct Source {
  std::string backup;
  walg::Sentinel sentinel;
  std::optional<walg::Manifest> manifest;
  std::vector<Part> parts;
};

std::string hash_of_manifest(const Source& source, const std::string& part) {
  if (source.manifest)
    for (const auto& object : source.manifest->objects)
      if (object.key == "tar_partitions/" + part) return object.sha256;
  return {};
}

Result<Source> describe_source(store::Store& store, const std::string& backup) {
  Source source;
  source.backup = backup;
  PGC_TRY(const std::string text, store::get_text(store, walg::sentinel_key(backup), kLargestDocument));
  PGC_TRY(source.sentinel, walg::parse_sentinel(text, walg::sentinel_key(backup)));
  const std::string prefix = walg::parts_prefix(backup);
  PGC_CHECK(store.list(prefix, "", [&](const store::Object& object) -> Result<bool> {
    source.parts.push_back({object.name.substr(prefix.size()), object.size});
    return true;
  }));
  const std::string key = walg::manifest_key(backup);
  const auto manifest = store::get_text(store, key, kLargestDocument);
  if (!manifest && manifest.error().code != ErrorCode::NotFound) return tl::unexpected(manifest.error());
  if (manifest) {
    PGC_TRY(source.manifest, walg::parse_manifest(*manifest, key));
  }
  return source;
}

Failure damaged(const Source& source, const std::string& what) {
  return fail(ErrorCode::InvalidInput, fmt::format("backup {} is damaged: {}", source.backup, what),
              "Restore from another: pgcontract backup list. What is wrong with this one: pgcontract backup verify.");
}

// The listing against what must be there.
Result<void> check_parts(const Source& source) {
  const auto find = [&](std::string_view name) { return std::ranges::find(source.parts, name, &Part::name); };
  if (std::ranges::none_of(source.parts, [](const Part& part) { return is_control(part.name); }))
    return damaged(source, "pg_control.tar is missing");
  if (std::ranges::none_of(source.parts, [](const Part& part) { return is_label(part.name); }))
    return damaged(source, "backup_label.tar is missing");
  if (!source.manifest) return {};
  std::size_t known = 0;
  constexpr std::string_view kFolder = "tar_partitions/";
  for (const auto& object : source.manifest->objects) {
    if (!object.key.starts_with(kFolder)) continue;
    ++known;
    const std::string name = object.key.substr(kFolder.size());
    const auto part = find(name);
    if (part == source.parts.end()) return damaged(source, name + " is missing");
    if (part->size != object.size)
      return damaged(source, fmt::format("{} has {} bytes, its manifest says {}", name, part->size, object.size));
  }
  if (known != source.parts.size())
    return damaged(source, fmt::format("{} parts lie there, its manifest knows {}", source.parts.size(), known));
  return {};
}

class Unpacker {
 public:
  Unpacker(store::Store& store, const UnpackRequest& request) : store_(store), request_(request) {}

  Result<Unpacked> run() {
    PGC_CHECK(prepare());
    std::vector<Source> sources;
    for (const auto& backup : request_.chain) {
      PGC_TRY(sources.emplace_back(), describe_source(store_, backup));
      PGC_CHECK(check_parts(sources.back()));
      PGC_CHECK(link_tablespaces(sources.back().sentinel));
    }
    for (const auto& source : sources) PGC_CHECK(restore(source, &source == &sources.back()));
    PGC_CHECK(finish(sources.back()));
    unpacked_.by_manifest = std::ranges::all_of(sources, [](const Source& s) { return s.manifest.has_value(); });
    return unpacked_;
  }

 private:
  Result<void> prepare() {
    PGC_CHECK(check_target(request_.directory));
    PGC_CHECK(cluster::make_private_directory(request_.directory));
    folder_ = FileDescriptor(::open(request_.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder_.get() < 0)
      return fail(ErrorCode::Io, fmt::format("could not open {}: {}", request_.directory, std::strerror(errno)));
    const FileDescriptor marker(
        openat(folder_.get(), std::string(kUnfinished).c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
    if (marker.get() < 0)
      return fail(ErrorCode::Io, fmt::format("could not write into {}: {}", request_.directory, std::strerror(errno)));
    if (const std::string user = cluster::server_user(); !user.empty())
      if (const passwd* entry = getpwnam(user.c_str())) {
        rules_.user = entry->pw_uid;
        rules_.group = entry->pw_gid;
      }
    return {};
  }

  Result<void> link_tablespaces(const walg::Sentinel& sentinel) {
    for (const auto& tablespace : sentinel.tablespaces) {
      const bool number =
          !tablespace.oid.empty() && tablespace.oid.find_first_not_of("0123456789") == std::string::npos;
      if (!number) return fail(ErrorCode::InvalidInput, "a tablespace's oid in the sentinel is no number");
      const auto given = request_.tablespaces.find(tablespace.oid);
      const std::string place = given == request_.tablespaces.end() ? tablespace.location : given->second;
      if (places_.contains(tablespace.oid)) continue;
      if (!place.starts_with('/'))
        return fail(ErrorCode::Usage, fmt::format("tablespace {} needs an absolute path", tablespace.oid));
      auto empty = check_target(place);
      if (!empty) {
        empty.error().hint = fmt::format("Name another, empty folder for it: --tablespace {}=FOLDER.", tablespace.oid);
        return with_context(empty.error(), "tablespace " + tablespace.oid);
      }
      PGC_CHECK(cluster::make_private_directory(place));
      PGC_CHECK(make_directory("pg_tblspc"));
      if (symlinkat(place.c_str(), folder_.get(), ("pg_tblspc/" + tablespace.oid).c_str()) != 0 ||
          fchownat(folder_.get(), ("pg_tblspc/" + tablespace.oid).c_str(), rules_.user, rules_.group,
                   AT_SYMLINK_NOFOLLOW) != 0)
        return fail(ErrorCode::Io,
                    fmt::format("could not link tablespace {}: {}", tablespace.oid, std::strerror(errno)));
      places_[tablespace.oid] = place;
    }
    return {};
  }

  Result<void> make_directory(const char* name) {
    if (mkdirat(folder_.get(), name, 0700) != 0 && errno != EEXIST)
      return fail(ErrorCode::Io, fmt::format("could not create {}: {}", name, std::strerror(errno)));
    if (fchownat(folder_.get(), name, rules_.user, rules_.group, AT_SYMLINK_NOFOLLOW) != 0)
      return fail(ErrorCode::Io, fmt::format("could not hand over {}: {}", name, std::strerror(errno)));
    return {};
  }

  Result<void> restore(const Source& source, bool last) {
    PGC_TRY(const FileList list,
            FileList::open(store_, source.backup, source.manifest, source.sentinel, request_.seal));
    const bool delta = !source.sentinel.delta_from.empty();
    rules_.over = delta;
    rules_.control = false;
    std::unordered_set<std::string> increments;
    std::unordered_set<std::size_t> kept;  // hashes of names: a delta says which files there are at all
    if (delta) {
      if (list.kind() != FileList::Kind::Walg)
        return damaged(source, "files_metadata.json is missing, which tells increments from files");
      PGC_CHECK(list.each_file([&](const walg::FileEntry& file) -> Result<void> {
        PGC_TRY(const std::string name, walg::safe_name(file.name));
        if (file.incremented) increments.insert(name);
        kept.insert(std::hash<std::string>{}(name));
        return {};
      }));
    }
    rules_.incremented = [&](const std::string& name) { return increments.contains(name); };
    PGC_TRY(const Tally wanted, list.tally());
    PGC_CHECK(check_known(source, list, wanted));
    Tally found;
    std::vector<Part> parts, control;
    for (const auto& part : source.parts) {
      if (last || (!is_control(part.name) && !is_label(part.name)))
        (is_control(part.name) ? control : parts).push_back(part);
    }
    PGC_CHECK(fetch(source, parts, list, found));
    PGC_CHECK(compare(source, list, wanted, found, parts));
    if (delta) PGC_CHECK(after_delta(source, list, kept));
    if (!last) return {};
    rules_.control = true;
    PGC_CHECK(fetch(source, control, list, found));
    return compare(source, list, wanted, found, control);
  }

  // Each part that the lists name must lie there.
  Result<void> check_known(const Source& source, const FileList& list, const Tally& wanted) const {
    for (const auto& [name, sum] : wanted.parts())
      if (std::ranges::find(source.parts, name, &Part::name) == source.parts.end())
        return damaged(source, name + " is missing");
    if (list.kind() != FileList::Kind::Walg) return {};
    for (const auto& part : source.parts)
      if (!is_control(part.name) && !wanted.parts().contains(part.name))
        return damaged(source, fmt::format("{} is in none of its lists", part.name));
    return {};
  }

  Result<void> fetch(const Source& source, std::vector<Part> parts, const FileList& list, Tally& found) {
    std::ranges::sort(parts, std::greater{}, &Part::size);  // so that no long one begins last
    std::atomic<std::size_t> next{0};
    std::atomic<int> running{0};
    std::optional<Error> error;
    const auto work = [&] {
      for (std::size_t i = next++; i < parts.size() && !stop_; i = next++)
        if (const auto done = fetch_part(source, parts[i], list, found); !done) {
          const std::lock_guard lock(mutex_);
          if (!error) error = done.error();
          stop_ = true;
        }
      --running;
    };
    std::vector<std::thread> threads;
    const std::size_t workers = std::min(parts.size(), static_cast<std::size_t>(std::max(1, request_.workers)));
    running = static_cast<int>(workers);
    for (std::size_t i = 0; i < workers; ++i) threads.emplace_back(work);
    while (running > 0) {
      if (interrupt::abort_requested()) stop_ = true;
      if (request_.progress) request_.progress(fetched_);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    for (auto& thread : threads) thread.join();
    if (interrupt::abort_requested()) return fail(ErrorCode::Cancelled, "interrupted while restoring");
    if (error) return fail(*error);
    return {};
  }

  Result<void> fetch_part(const Source& source, const Part& part, const FileList& list, Tally& found) {
    const std::string key = walg::parts_prefix(source.backup) + part.name;
    WriterRules rules = rules_;
    rules.written = [&](const Written& member) {
      const std::lock_guard lock(mutex_);
      if (list.kind() == FileList::Kind::Ours)
        found.add(part.name, member);
      else
        found.add_name(part.name, member.name);
      unpacked_.files += member.kind == 'f';
      unpacked_.bytes += member.size;
    };
    MemberWriter writer(folder_.get(), std::move(rules));
    walg::TarReader tar({[&](const walg::TarEntry& entry) { return writer.begin(entry); },
                         [&](std::string_view bytes) { return writer.data(bytes); }, [&] { return writer.end(); }});
    walg::Seal seal = request_.seal;
    seal.compression = walg::compression_of(key);
    PGC_TRY(auto decoder, walg::Decoder::make(seal, [&](std::string_view bytes) { return tar.add(bytes); }));
    auto got = store_.get(key, {}, [&](std::string_view bytes) -> Result<void> {
      if (stop_) return fail(ErrorCode::Cancelled, "stopped");
      fetched_ += bytes.size();
      return decoder.add(bytes);
    });
    Result<void> done = got ? decoder.finish() : tl::unexpected(got.error());
    if (done) done = tar.finish();
    const std::string hash = hash_of_manifest(source, part.name);
    // The hash says more than whatever the decoder met first.
    if (got && !hash.empty() && got->sha256 != hash)
      return damaged(source, part.name + " has another SHA-256 than its manifest says");
    if (done) return {};
    if (done.error().code != ErrorCode::InvalidInput) return with_context(done.error(), key);
    return damaged(source, fmt::format("{}: {}", part.name, done.error().message));
  }

  Result<void> compare(const Source& source, const FileList& list, const Tally& wanted, const Tally& found,
                       const std::vector<Part>& parts) const {
    for (const auto& part : parts) {
      const auto expected = wanted.parts().find(part.name);
      if (expected == wanted.parts().end()) continue;
      const auto at = found.parts().find(part.name);
      if (at != found.parts().end() && at->second == expected->second) continue;
      PGC_TRY(const std::string which, list.first_difference(folder_.get(), part.name));
      return damaged(source, fmt::format("{}: {}", part.name, which));
    }
    return {};
  }

  // What the delta did not carry must have come from below, and what it does not know is gone.
  Result<void> after_delta(const Source& source, const FileList& list, const std::unordered_set<std::size_t>& kept) {
    PGC_CHECK(list.each_file([&](const walg::FileEntry& file) -> Result<void> {
      PGC_TRY(const std::string name, walg::safe_name(file.name));
      if (!file.skipped || faccessat(folder_.get(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return {};
      return damaged(source,
                     fmt::format("{} is unchanged since {}, where it is not", name, source.sentinel.delta_from));
    }));
    std::error_code error;
    std::vector<fs::path> gone;
    const auto options = fs::directory_options::follow_directory_symlink;
    for (const auto& entry : fs::recursive_directory_iterator(request_.directory, options, error)) {
      const std::string name = entry.path().lexically_relative(request_.directory).string();
      if (!entry.is_regular_file(error) || kept.contains(std::hash<std::string>{}(name)) || name == kUnfinished ||
          name == "backup_label")
        continue;
      gone.push_back(entry.path());
    }
    for (const auto& path : gone) fs::remove(path, error);
    return {};
  }

  Result<void> finish(const Source& source) {
    for (const char* name : kEmptyDirectories) PGC_CHECK(make_directory(name));
    if (!source.sentinel.tablespaces.empty()) PGC_CHECK(write_tablespace_map(source.sentinel));
    if (unlinkat(folder_.get(), std::string(kUnfinished).c_str(), 0) != 0)
      return fail(ErrorCode::Io, "could not take the mark away: " + std::string(std::strerror(errno)));
    // Once for all files: one fsync each would take longer than the restore.
    bool synced = syncfs(folder_.get()) == 0;
    for (const auto& [oid, place] : places_) {
      const FileDescriptor folder(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      synced = synced && folder.get() >= 0 && syncfs(folder.get()) == 0;
    }
    if (!synced) return fail(ErrorCode::Io, fmt::format("the disk did not take it all: {}", std::strerror(errno)));
    unpacked_.stored_bytes = fetched_;
    return {};
  }

  // "16385 /mnt/ts1", a backslash before line ends and itself (xlogrecovery.c, read_tablespace_map).
  Result<void> write_tablespace_map(const walg::Sentinel& sentinel) {
    std::string text;
    for (const auto& tablespace : sentinel.tablespaces) {
      text += tablespace.oid + " ";
      for (const char c : places_[tablespace.oid]) {
        if (c == '\n' || c == '\r' || c == '\\') text += '\\';
        text += c;
      }
      text += '\n';
    }
    const std::string path = request_.directory + "/tablespace_map";
    {
      std::ofstream file(path, std::ios::trunc);
      file << text;
      if (!file.flush()) return fail(ErrorCode::Io, "could not write tablespace_map");
    }
    return cluster::give_to_server_user(path);
  }

  store::Store& store_;
  const UnpackRequest& request_;
  FileDescriptor folder_;
  WriterRules rules_;
  std::map<std::string, std::string> places_;
  std::atomic<std::uint64_t> fetched_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  // of tallies and sums
  Unpacked unpacked_;
};

}  // namespace

Result<void> check_target(const std::string& directory) {
  std::error_code error;
  const auto status = fs::symlink_status(directory, error);
  if (status.type() == fs::file_type::not_found) return {};
  if (!fs::is_directory(fs::status(directory, error)))
    return fail(ErrorCode::Conflict, fmt::format("{} is there and is no folder", directory));
  if (fs::exists(fs::path(directory) / "postmaster.pid", error))
    return fail(ErrorCode::Conflict, fmt::format("{} is the data directory of a server that runs", directory),
                "Restore into an empty folder.");
  if (fs::exists(fs::path(directory) / kUnfinished, error))
    return fail(ErrorCode::Conflict, fmt::format("{} holds a restore that was not finished", directory),
                "Nothing of it is of use: delete the folder, then restore again.");
  fs::directory_iterator entries(directory, error);
  if (error) return fail(ErrorCode::Io, fmt::format("could not read {}: {}", directory, error.message()));
  if (entries != fs::directory_iterator())
    return fail(ErrorCode::Conflict, fmt::format("{} is not empty", directory),
                "Restore into an empty folder: nothing is ever overwritten.");
  return {};
}

Result<Unpacked> unpack(store::Store& store, const UnpackRequest& request) { return Unpacker(store, request).run(); }

}  // namespace pgcontract::restore
