#include "store/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "base/interrupt.hpp"
#include "store/digest.hpp"
#include "store/name.hpp"

namespace pgcontract::store {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr int kTries = 5;  // another writer's remove() may take the empty folder that we are about to write into

class File {
 public:
  explicit File(int fd = -1) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

Failure failure(int number, std::string_view act, const std::string& path) {
  const std::string what = fmt::format("{}: {}", act, std::strerror(number));
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return fail(ErrorCode::OutOfSpace, what, "Make room on its disk; nothing was left there half written.", path);
    case ENOENT: return fail(ErrorCode::NotFound, what, "", path);
    case EACCES:
    case EPERM:
    case EROFS: return fail(ErrorCode::Permission, what, "Give this user the right to read and write there.", path);
    case ELOOP:
    case ENOTDIR:
      return fail(
          ErrorCode::InvalidInput, what,
          "Below a store's folder there are only folders and files of its own: a symbolic link is not followed.", path);
    default: return fail(ErrorCode::Io, what, "", path);
  }
}

// The folder of an object, and the object's name in it.
struct Spot {
  File folder;
  std::string leaf;
};

// Each step flushes the folder it adds to: a name that is not on the disk takes what is below it along.
Result<File> enter(const File& folder, const std::string& part, bool create, const std::string& path) {
  if (create) {
    const bool made = ::mkdirat(folder.get(), part.c_str(), 0700) == 0;
    if (!made && errno != EEXIST) return failure(errno, "could not make a folder", path);
    if (made && ::fsync(folder.get()) != 0) return failure(errno, "could not flush a folder", path);
  }
  File next(::openat(folder.get(), part.c_str(), kFolderFlags | O_NOFOLLOW));
  if (!next) return failure(errno, "could not open a folder", path);
  return next;
}

// The folder that the contract names may be a link, and those above it, too.
Result<File> open_root(const std::string& root, bool create) {
  if (create) {
    std::string path;
    File above(::open("/", kFolderFlags));
    for (const auto& part : parts_of(root)) {
      path += part + "/";
      const bool made = !part.empty() && ::mkdir(path.c_str(), 0700) == 0;
      if (!made && !part.empty() && errno != EEXIST) return failure(errno, "could not make the store's folder", path);
      if (made && ::fsync(above.get()) != 0) return failure(errno, "could not flush a folder", path);
      above = File(::open(path.c_str(), kFolderFlags));
    }
  }
  File folder(::open(root.c_str(), kFolderFlags));
  if (!folder) return failure(errno, "could not open the store's folder", root);
  return folder;
}

Result<Spot> find_spot(const std::string& root, const std::string& name, bool create) {
  PGC_CHECK(check_name(name));
  const std::string path = root + "/" + name;
  PGC_TRY(File folder, open_root(root, create));
  auto parts = parts_of(name);
  std::string leaf = std::move(parts.back());
  parts.pop_back();
  for (const auto& part : parts) {
    PGC_TRY(folder, enter(folder, part, create, path));
  }
  return Spot{std::move(folder), std::move(leaf)};
}

Object object_of(std::string name, const struct stat& status) {
  Object object;
  object.name = std::move(name);
  object.size = static_cast<std::uint64_t>(status.st_size);
  object.modified = Instant(std::chrono::seconds(status.st_mtim.tv_sec) +
                            std::chrono::milliseconds(status.st_mtim.tv_nsec / 1'000'000));
  return object;
}

Failure not_there(const std::string& root, const std::string& name) {
  return fail(ErrorCode::NotFound, fmt::format("there is no object {}", shown_name(name)), "", root);
}

// A missing folder on the way is a missing object.
template <typename T>
Result<T> or_not_there(Result<T> result, const std::string& root, const std::string& name) {
  if (!result && result.error().code == ErrorCode::NotFound) return not_there(root, name);
  return result;
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(errno, "could not write", path);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

// An object under its temporary name, which goes with it unless it is published.
class Draft {
 public:
  Draft(const Spot& spot, std::string path) : spot_(spot), name_(temporary_name(spot.leaf)), path_(std::move(path)) {}
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (file_) ::unlinkat(spot_.folder.get(), name_.c_str(), 0);
  }

  // False: the folder is gone, because somebody removed the last object in it.
  Result<bool> open() {
    file_ = File(::openat(spot_.folder.get(), name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file_ && errno == ENOENT) return false;
    if (!file_) return failure(errno, "could not create a file", path_);
    return true;
  }

  Result<Stored> fill(const Source& source) {
    Stored stored;
    Digest digest(Digest::Kind::Sha256);
    std::string buffer(kBuffer, '\0');
    for (;;) {
      if (interrupt::abort_requested()) return fail(ErrorCode::Cancelled, "stopped");
      PGC_TRY(const std::size_t count, source(buffer));
      if (count == 0) break;
      const std::string_view bytes(buffer.data(), count);
      digest.add(bytes);
      PGC_CHECK(write_all(file_.get(), bytes, path_));
      stored.size += count;
    }
    if (::fsync(file_.get()) != 0) return failure(errno, "could not flush", path_);
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) return failure(errno, "could not look at", path_);
    if (static_cast<std::uint64_t>(status.st_size) != stored.size)
      return fail(ErrorCode::Io, fmt::format("{} bytes were written, the file has {}", stored.size, status.st_size), "",
                  path_);
    stored.sha256 = hex(digest.finish());
    return stored;
  }

  // False: there is one of this name already, and it was not to be replaced.
  Result<bool> publish(bool if_absent) {
    const int folder = spot_.folder.get();
    const char* leaf = spot_.leaf.c_str();
    if (if_absent) {
      if (::linkat(folder, name_.c_str(), folder, leaf, 0) != 0) {
        if (errno == EEXIST) return false;
        return failure(errno, "could not give the object its name", path_);
      }
    } else {
      if (::renameat(folder, name_.c_str(), folder, leaf) != 0)
        return failure(errno, "could not give the object its name", path_);
      file_ = File();
    }
    if (::fsync(folder) != 0) return failure(errno, "could not flush a folder", path_);
    return true;
  }

 private:
  const Spot& spot_;
  std::string name_;
  std::string path_;
  File file_;
};

Result<std::string> digest_of(FolderStore& store, const std::string& name) {
  PGC_TRY(const Got got, store.get(name, {}, [](std::string_view) { return Result<void>(); }));
  return got.sha256;
}

struct Entry {
  std::string name;  // a folder's ends with /
  bool is_folder = false;
};

// In the order of whole names' bytes: a folder counts as its name with the slash.
Result<std::vector<Entry>> entries_of(const File& folder, const std::string& path) {
  File own(::openat(folder.get(), ".", kFolderFlags));
  if (!own) return failure(errno, "could not open a folder", path);
  const std::unique_ptr<DIR, int (*)(DIR*)> reading(::fdopendir(own.get()), ::closedir);
  if (!reading) return failure(errno, "could not read a folder", path);
  static_cast<void>(own.release());
  std::vector<Entry> entries;
  errno = 0;
  for (const dirent* entry = ::readdir(reading.get()); entry != nullptr; entry = ::readdir(reading.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || is_temporary(name)) continue;
    struct stat status{};
    if (::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // removed meanwhile
    if (S_ISDIR(status.st_mode)) entries.push_back({name + "/", true});
    if (S_ISREG(status.st_mode)) entries.push_back({name, false});
    errno = 0;
  }
  if (errno != 0) return failure(errno, "could not read a folder", path);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

struct Walk {
  const std::string& prefix;
  const std::string& after;
  const Visitor& visitor;
};

// False: the visitor has seen enough.
Result<bool> walk(const File& folder, const std::string& above, const Walk& wanted) {
  PGC_TRY(const auto entries, entries_of(folder, above));
  for (const auto& entry : entries) {
    const std::string name = above + entry.name;
    const bool may_match = name.starts_with(wanted.prefix) || (entry.is_folder && wanted.prefix.starts_with(name));
    // Everything below "a/" begins with it; what comes before `after` and does not begin it is passed by as a whole.
    const bool passed = name <= wanted.after && !(entry.is_folder && wanted.after.starts_with(name));
    if (!may_match || passed) continue;
    if (entry.is_folder) {
      auto below = enter(folder, entry.name.substr(0, entry.name.size() - 1), false, name);
      if (!below && below.error().code == ErrorCode::NotFound) continue;
      if (!below) return fail(below.error());
      PGC_TRY(const bool more, walk(*below, name, wanted));
      if (!more) return false;
      continue;
    }
    struct stat status{};
    if (::fstatat(folder.get(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    PGC_CHECK(check_name(name));
    PGC_TRY(const bool more, wanted.visitor(object_of(name, status)));
    if (!more) return false;
  }
  return true;
}

}  // namespace

Result<Stored> FolderStore::put(const std::string& name, const Source& source, const PutOptions& options) {
  const std::string path = root_ + "/" + name;
  for (int tries = 1;; ++tries) {
    const auto spot = find_spot(root_, name, true);
    if (!spot && spot.error().code == ErrorCode::NotFound && tries < kTries) continue;
    if (!spot) return fail(spot.error());
    Draft draft(*spot, path);
    PGC_TRY(const bool opened, draft.open());
    if (!opened && tries < kTries) continue;
    if (!opened) return failure(ENOENT, "could not create a file", path);
    PGC_TRY(Stored stored, draft.fill(source));
    PGC_TRY(const bool published, draft.publish(options.if_absent));
    if (published) return stored;
    PGC_TRY(const std::string there, digest_of(*this, name));
    if (there != stored.sha256)
      return fail(ErrorCode::Conflict, fmt::format("{} is in the store already, with other content", shown_name(name)),
                  "Nothing was overwritten. Two writers under one prefix are a split brain: find the other one.",
                  root_);
    stored.was_there = true;
    return stored;
  }
}

Result<Got> FolderStore::get(const std::string& name, const Range& range, const Sink& sink) {
  PGC_TRY(const Spot spot, or_not_there(find_spot(root_, name, false), root_, name));
  const std::string path = root_ + "/" + name;
  const File file(::openat(spot.folder.get(), spot.leaf.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file && errno == ENOENT) return not_there(root_, name);
  if (!file) return failure(errno, "could not open", path);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failure(errno, "could not look at", path);
  if (!S_ISREG(status.st_mode)) return not_there(root_, name);
  Got got{object_of(name, status), {}, Agreed::Size};
  const bool is_whole = range.offset == 0 && !range.length;
  if (range.length == 0 || (!is_whole && range.offset >= got.object.size))
    return fail(ErrorCode::InvalidInput,
                fmt::format("{} has {} bytes, byte {} was asked for", shown_name(name), got.object.size, range.offset));
  std::uint64_t left = std::min(range.length.value_or(got.object.size), got.object.size - range.offset);
  Digest digest(Digest::Kind::Sha256);
  std::string buffer(std::min<std::uint64_t>(kBuffer, std::max<std::uint64_t>(left, 1)), '\0');
  for (auto at = static_cast<off_t>(range.offset); left > 0;) {
    if (interrupt::abort_requested()) return fail(ErrorCode::Cancelled, "stopped");
    const ssize_t count = ::pread(file.get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), left), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(errno, "could not read", path);
    if (count == 0) return fail(ErrorCode::Io, fmt::format("the file ends {} bytes early", left), "", path);
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    digest.add(bytes);
    PGC_CHECK(sink(bytes));
    at += count;
    left -= static_cast<std::uint64_t>(count);
  }
  got.sha256 = hex(digest.finish());
  return got;
}

Result<Object> FolderStore::head(const std::string& name) {
  PGC_TRY(const Spot spot, or_not_there(find_spot(root_, name, false), root_, name));
  struct stat status{};
  if (::fstatat(spot.folder.get(), spot.leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return not_there(root_, name);
    return failure(errno, "could not look at", root_ + "/" + name);
  }
  if (!S_ISREG(status.st_mode)) return not_there(root_, name);
  return object_of(name, status);
}

Result<void> FolderStore::list(const std::string& prefix, const std::string& after, const Visitor& visitor) {
  auto folder = open_root(root_, false);
  if (!folder && folder.error().code == ErrorCode::NotFound) return {};
  if (!folder) return fail(folder.error());
  PGC_TRY([[maybe_unused]] const bool ended, walk(*folder, "", {prefix, after, visitor}));
  return {};
}

Result<void> FolderStore::remove(const std::string& name) {
  PGC_CHECK(check_name(name));
  auto parts = parts_of(name);
  std::vector<File> folders;
  auto root = open_root(root_, false);
  if (!root && root.error().code == ErrorCode::NotFound) return {};
  if (!root) return fail(root.error());
  folders.push_back(*std::move(root));
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    auto next = enter(folders.back(), parts[i], false, root_ + "/" + name);
    if (!next && next.error().code == ErrorCode::NotFound) return {};
    if (!next) return fail(next.error());
    folders.push_back(*std::move(next));
  }
  if (::unlinkat(folders.back().get(), parts.back().c_str(), 0) != 0 && errno != ENOENT)
    return failure(errno, "could not remove", root_ + "/" + name);
  if (::fsync(folders.back().get()) != 0) return failure(errno, "could not flush a folder", root_);
  // A folder that is empty now goes as well: in a bucket there is none either.
  for (std::size_t i = parts.size() - 1; i > 0; --i)
    if (::unlinkat(folders[i - 1].get(), parts[i - 1].c_str(), AT_REMOVEDIR) != 0) break;
  return {};
}

}  // namespace pgcontract::store
