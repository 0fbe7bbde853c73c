#include "restore/member_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace pgcontract::restore {
namespace {

constexpr std::size_t kPage = 8192;
constexpr std::string_view kIncrement("wi1\x55", 4);
constexpr std::size_t kIncrementHeader = 16;
constexpr std::string_view kControl = "global/pg_control";

template <typename Number>
Number little_endian(std::string_view bytes) {
  Number value = 0;
  for (std::size_t i = sizeof(Number); i > 0; --i)
    value = static_cast<Number>(value << 8 | static_cast<unsigned char>(bytes[i - 1]));
  return value;
}

}  // namespace

Failure MemberWriter::failed(const char* what) const {
  return fail(errno == ENOSPC || errno == EDQUOT ? ErrorCode::OutOfSpace : ErrorCode::Io,
              fmt::format("could not {} {}: {}", what, member_.name, std::strerror(errno)));
}

Result<void> MemberWriter::make_directory(const std::string& name, unsigned mode) {
  if (name.empty()) return {};
  for (auto slash = name.find('/');; slash = name.find('/', slash + 1)) {
    const std::string part = name.substr(0, slash);
    const bool made = mkdirat(folder_, part.c_str(), 0700) == 0;
    if (!made && errno != EEXIST) return failed("create");
    if (made && fchownat(folder_, part.c_str(), rules_.user, rules_.group, AT_SYMLINK_NOFOLLOW) != 0)
      return failed("hand over");
    if (slash == std::string::npos) break;
  }
  // What is there by this name already, a tablespace's link, keeps its own.
  struct stat facts{};
  if (fstatat(folder_, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return failed("look at");
  if (S_ISLNK(facts.st_mode)) return {};
  if (!S_ISDIR(facts.st_mode)) return fail(ErrorCode::InvalidInput, fmt::format("{} is a file and a directory", name));
  // Ours to enter whatever the archive says, and nobody else's to write.
  if (fchmodat(folder_, name.c_str(), 0700 | (mode & 0050), 0) != 0) return failed("set the mode of");
  return {};
}

Result<void> MemberWriter::open_file(unsigned mode) {
  if (const auto slash = member_.name.rfind('/'); slash != std::string::npos) {
    const std::string parent = member_.name.substr(0, slash);
    if (faccessat(folder_, parent.c_str(), F_OK, 0) != 0) PGC_CHECK(make_directory(parent, 0700));
  }
  const int creation = increment_ ? 0 : rules_.over || rules_.control ? O_CREAT | O_TRUNC : O_CREAT | O_EXCL;
  file_ = FileDescriptor(
      openat(folder_, member_.name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | creation, 0600 | (mode & 0040)));
  if (file_.get() < 0 && errno == EEXIST)
    return fail(ErrorCode::InvalidInput, fmt::format("{} comes twice", member_.name));
  if (file_.get() < 0 && errno == ENOENT && increment_)
    return fail(ErrorCode::InvalidInput,
                fmt::format("{} is changed by a delta and not in the backup below it", member_.name));
  if (file_.get() < 0) return failed("create");
  if (rules_.user != static_cast<uid_t>(-1) && fchown(file_.get(), rules_.user, rules_.group) != 0)
    return failed("hand over");
  return {};
}

Result<void> MemberWriter::begin(const walg::TarEntry& entry) {
  PGC_TRY(member_.name, walg::safe_name(entry.name));
  member_.kind = entry.kind;
  member_.size = entry.size;
  member_.sha256.clear();
  if (entry.kind == 'd') return make_directory(member_.name, entry.mode);
  if (member_.name.empty()) return fail(ErrorCode::InvalidInput, "a file has no name");
  hash_ = Sha256();
  offset_ = 0;
  held_.clear();
  header_read_ = false;
  increment_ = rules_.incremented && rules_.incremented(member_.name);
  // A server makes the links anew from tablespace_map: it is written with the places of this restore.
  discarded_ = member_.name == "tablespace_map" || member_.name == "recovery.signal" ||
               member_.name == "standby.signal" || (member_.name == kControl && !rules_.control);
  return discarded_ ? Result<void>{} : open_file(entry.mode);
}

Result<void> MemberWriter::write_at(std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("write");
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> MemberWriter::data(std::string_view bytes) {
  hash_.add(bytes);
  if (discarded_) return {};
  if (increment_) {
    held_ += bytes;
    return patch();
  }
  PGC_CHECK(write_at(bytes, offset_));
  offset_ += bytes.size();
  return {};
}

// 'wi1U', u64 size of the file, u32 number of pages, their numbers, then the pages.
Result<void> MemberWriter::patch() {
  const auto damaged = [&] {
    return fail(ErrorCode::InvalidInput, fmt::format("the increment of {} is damaged", member_.name));
  };
  if (!header_read_) {
    if (held_.size() < kIncrementHeader) return {};
    if (!held_.starts_with(kIncrement)) return damaged();
    const std::uint64_t count = little_endian<std::uint32_t>(std::string_view(held_).substr(12, 4));
    if (member_.size != kIncrementHeader + count * (4 + kPage)) return damaged();
    if (held_.size() < kIncrementHeader + 4 * count) return {};
    final_size_ = little_endian<std::uint64_t>(std::string_view(held_).substr(4, 8));
    blocks_ = held_.substr(kIncrementHeader, 4 * count);
    held_.erase(0, kIncrementHeader + 4 * count);
    next_block_ = 0;
    header_read_ = true;
    if (ftruncate(file_.get(), static_cast<off_t>(final_size_)) != 0) return failed("size");
  }
  while (held_.size() >= kPage) {
    if (4 * next_block_ >= blocks_.size()) return damaged();
    const std::uint64_t block = little_endian<std::uint32_t>(std::string_view(blocks_).substr(4 * next_block_, 4));
    if ((block + 1) * kPage > final_size_) return damaged();
    PGC_CHECK(write_at(std::string_view(held_).substr(0, kPage), block * kPage));
    held_.erase(0, kPage);
    ++next_block_;
  }
  return {};
}

Result<void> MemberWriter::end() {
  if (member_.kind != 'd') {
    if (increment_ && (!header_read_ || !held_.empty() || 4 * next_block_ != blocks_.size()))
      return fail(ErrorCode::InvalidInput, fmt::format("the increment of {} is damaged", member_.name));
    member_.sha256 = hash_.hex();
    file_.close();
  }
  rules_.written(member_);
  return {};
}

}  // namespace pgcontract::restore
