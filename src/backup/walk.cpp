#include "backup/walk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "backup/pages.hpp"
#include "backup/relation_name.hpp"

namespace pgcontract::backup {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr std::size_t kMostNamed = 100;  // of what was passed over

// Folders of the root whose contents a server makes anew. Logs are no data, and may hold what nobody should restore.
constexpr std::array<std::string_view, 11> kEmptied = {"pg_wal",      "pg_xlog",   "pg_replslot",  "pg_dynshmem",
                                                       "pg_notify",   "pg_serial", "pg_snapshots", "pg_subtrans",
                                                       "pg_stat_tmp", "log",       "pg_log"};
constexpr std::array<std::string_view, 11> kDropped = {
    "postmaster.pid", "postmaster.opts", "postgresql.auto.conf.tmp", "current_logfiles", "current_logfiles.tmp",
    "backup_label",   "tablespace_map",  "backup_manifest",          "recovery.signal",  "standby.signal",
    "recovery.conf"};

template <typename Names>
bool among(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Failure failure(std::string_view act, const std::string& path) {
  const int number = errno;
  const ErrorCode code = number == EACCES || number == EPERM ? ErrorCode::Permission : ErrorCode::Io;
  return fail(
      code, fmt::format("could not {}: {}", act, std::strerror(number)),
      code == ErrorCode::Permission ? "Run it as the server's user, or let the server send the files: --remote." : "",
      path);
}

Found found_at(std::string name, char kind, const struct stat& status) {
  Found found;
  found.entry = {std::move(name),
                 kind,
                 status.st_mode & 07777U,
                 kind == 'f' ? static_cast<std::uint64_t>(status.st_size) : 0,
                 status.st_mtim.tv_sec,
                 status.st_mtim.tv_nsec,
                 ""};
  return found;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Walk> Walk::open(const std::string& data_directory, int major) {
  Walk walk(data_directory, major);
  PGC_CHECK(walk.enter(AT_FDCWD, data_directory, ""));
  struct stat status{};
  if (::fstat(dirfd(walk.folders_.back().stream.get()), &status) != 0) return failure("look at", data_directory);
  walk.first_ = found_at("/", 'd', status);
  return walk;
}

Result<void> Walk::enter(int above, const std::string& leaf, std::string name) {
  // The root and what pg_tblspc links to may be links themselves; nothing else.
  const bool may_be_link = folders_.empty() || folders_.back().tablespaces;
  const int fd = ::openat(above, leaf.c_str(), kFolderFlags | (may_be_link ? 0 : O_NOFOLLOW));
  if (fd < 0) {
    if (errno == ENOENT && !folders_.empty()) return {};  // a database was dropped meanwhile
    return failure("open a folder", root_ + name);
  }
  Folder folder;
  folder.stream.reset(::fdopendir(fd));
  if (!folder.stream) {
    ::close(fd);
    return failure("open a folder", root_ + name);
  }
  const std::string_view path = name;
  folder.emptied = !path.empty() && path.find('/', 1) == std::string_view::npos && among(kEmptied, path.substr(1));
  folder.tablespaces = path == "/pg_tblspc";
  folder.tablespace = !folders_.empty() && folders_.back().tablespaces;
  const auto depth = std::count(path.begin(), path.end(), '/');
  folder.relations = path == "/global" || (path.starts_with("/base/") && depth == 2) ||
                     (path.starts_with("/pg_tblspc/") && depth == 4);
  folder.name = std::move(name);
  folders_.push_back(std::move(folder));
  return {};
}

Result<std::optional<Found>> Walk::next() {
  if (first_) return std::exchange(first_, std::nullopt);
  while (!folders_.empty()) {
    Folder& folder = folders_.back();
    errno = 0;
    const dirent* entry = folder.emptied ? nullptr : ::readdir(folder.stream.get());
    if (!entry) {
      if (errno != 0) return failure("read a folder", root_ + folder.name);
      folders_.pop_back();
      continue;
    }
    const std::string leaf = entry->d_name;
    if (leaf == "." || leaf == ".." || left_out(folder, leaf)) continue;
    PGC_TRY(auto found, look(folder, leaf));
    if (found) return found;
  }
  return std::optional<Found>();
}

bool Walk::left_out(const Folder& folder, const std::string& leaf) const {
  if (leaf.starts_with("pgsql_tmp") || leaf.starts_with("pg_internal.init")) return true;
  if (folder.name.empty()) return among(kDropped, leaf);
  if (folder.name == "/global" && leaf == "pg_control") return true;
  if (folder.tablespace) return !leaf.starts_with(fmt::format("PG_{}_", major_));
  if (!folder.relations) return false;
  const auto relation = relation_name(leaf);
  if (!relation) return false;
  if (relation->temporary) return true;
  if (relation->fork == "init") return false;
  // An unlogged table is empty after a restore: its init fork is what it is made of then.
  return ::faccessat(dirfd(folder.stream.get()), (relation->node + "_init").c_str(), F_OK, 0) == 0;
}

Result<std::optional<Found>> Walk::look(Folder& folder, const std::string& leaf) {
  const int above = dirfd(folder.stream.get());
  const std::string name = folder.name + "/" + leaf;
  struct stat status{};
  if (::fstatat(above, leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::optional<Found>();
    return failure("look at a file", root_ + name);
  }
  if (S_ISLNK(status.st_mode) || (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))) {
    const bool emptied = folder.name.empty() && among(kEmptied, leaf);  // pg_wal may lie on another disk
    if (S_ISLNK(status.st_mode) && emptied) {
      status.st_mode = S_IRWXU;
      return found_at(name, 'd', status);
    }
    if (S_ISLNK(status.st_mode) && folder.tablespaces && is_number(leaf)) {
      PGC_CHECK(enter(above, leaf, name));
    } else if (passed_over_.size() < kMostNamed) {
      passed_over_.push_back(name);
    }
    return std::optional<Found>();
  }
  if (S_ISDIR(status.st_mode)) {
    const bool in_tablespaces = folder.tablespaces;  // `folder` does not outlive enter()
    PGC_CHECK(enter(above, leaf, name));
    if (in_tablespaces) return std::optional<Found>();
    return found_at(name, 'd', status);
  }
  FileDescriptor file(::openat(above, leaf.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<Found>();
    return failure("open a file", root_ + name);
  }
  if (::fstat(file.get(), &status) != 0) return failure("look at a file", root_ + name);
  Found found = found_at(name, 'f', status);
  found.file = std::move(file);
  if (folder.relations) found.first_block = pgcontract::backup::first_block(leaf);
  return found;
}

Result<std::vector<TablespaceLink>> tablespace_links(const std::string& data_directory) {
  const std::string path = data_directory + "/pg_tblspc";
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(path.c_str()), closedir);
  if (!stream) return failure("open a folder", path);
  std::vector<TablespaceLink> links;
  while (const dirent* entry = ::readdir(stream.get())) {
    std::array<char, 4096> target{};
    if (!is_number(entry->d_name)) continue;
    const ssize_t size = ::readlinkat(dirfd(stream.get()), entry->d_name, target.data(), target.size());
    if (size > 0) links.push_back({entry->d_name, std::string(target.data(), static_cast<std::size_t>(size))});
  }
  std::sort(links.begin(), links.end(), [](const auto& a, const auto& b) { return a.oid < b.oid; });
  return links;
}

}  // namespace pgcontract::backup
