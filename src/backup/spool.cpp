#include "backup/spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace pgcontract::backup {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;
constexpr std::size_t kLongestLine = std::size_t{64} << 10;

Failure failure(std::string_view act) {
  const int number = errno;
  return fail(number == ENOSPC ? ErrorCode::OutOfSpace : ErrorCode::Io,
              fmt::format("could not {} the list of files: {}", act, std::strerror(number)),
              "It needs some 300 bytes a file in the folder for temporary files (TMPDIR).");
}

// Which tar's members wal-g counts among the files, and how.
bool is_label(const walg::ManifestFile& file) { return file.name == "backup_label" || file.name == "tablespace_map"; }
bool is_control(const walg::ManifestFile& file) { return file.name == "global/pg_control"; }
std::string tar_name(const walg::ManifestFile& file) {
  return is_label(file) ? file.name : file.name == "." ? "/" : "/" + file.name;
}

// The two halves of files_metadata.json, each from a reading of its own.
class FilesMetadata {
 public:
  explicit FilesMetadata(const Spool& spool) : spool_(spool), lines_(spool.lines()) {}

  Result<std::string> more() {
    if (step_ == Step::Begin) {
      step_ = Step::Files;
      return R"({"Files":{)";
    }
    if (step_ == Step::End) return std::string();
    for (;;) {
      PGC_TRY(const auto file, lines_.next());
      if (!file) return next_step();
      if (is_control(*file)) continue;
      if (step_ == Step::Files && is_label(*file)) continue;
      const std::string comma = first_ ? "" : ",";
      first_ = false;
      if (step_ == Step::Files) return comma + walg::print_file_entry({tar_name(*file), false, false, file->mtime});
      const bool same = file->part == part_;
      const std::string name = walg::print_text(tar_name(*file));
      if (same) return "," + name;
      const std::string before = part_.empty() ? "" : "],";
      part_ = file->part;
      return before + walg::print_text(part_) + ":[" + name;
    }
  }

 private:
  enum class Step { Begin, Files, Sets, End };
  std::string next_step() {
    if (step_ == Step::Files) {
      step_ = Step::Sets;
      lines_ = spool_.lines();
      first_ = true;
      return R"(},"TarFileSets":{)";
    }
    step_ = Step::End;
    return part_.empty() ? "}}" : "]}}";
  }
  const Spool& spool_;
  Spool::Lines lines_;
  Step step_ = Step::Begin;
  bool first_ = true;
  std::string part_;
};

}  // namespace

Result<Spool> Spool::make() {
  std::error_code none;
  std::string folder = std::filesystem::temp_directory_path(none).string();
  if (none) folder = "/tmp";
  FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() < 0) {
    std::string name = folder + "/pgcontract." + std::string(6, 'X');  // a file system without O_TMPFILE
    file = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (file.get() >= 0) ::unlink(name.c_str());
  }
  if (file.get() < 0) return failure("make a place for");
  return Spool(std::move(file));
}

Result<void> Spool::add(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failure("write");
    size_ += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

store::Source Spool::source() const {
  return [this, at = std::uint64_t{0}](std::span<char> into) mutable -> Result<std::size_t> {
    const ssize_t count = ::pread(file_.get(), into.data(), into.size(), static_cast<off_t>(at));
    if (count < 0) return failure("read");
    at += static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  };
}

Result<std::optional<walg::ManifestFile>> Spool::Lines::next() {
  for (;;) {
    const std::size_t end = buffer_.find('\n', used_);
    if (end != std::string::npos) {
      PGC_TRY(auto file,
              walg::parse_manifest_file(std::string_view(buffer_).substr(used_, end - used_), "list of files"));
      used_ = end + 1;
      return std::optional(std::move(file));
    }
    buffer_.erase(0, used_);
    used_ = 0;
    if (buffer_.size() > kLongestLine) return fail(ErrorCode::InvalidInput, "a line of the list of files is too long");
    const std::size_t before = buffer_.size();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, to_ - at_));
    if (wanted == 0) {
      if (before > 0) return fail(ErrorCode::InvalidInput, "the list of files was cut off");
      return std::optional<walg::ManifestFile>();
    }
    buffer_.resize(before + wanted);
    const ssize_t count = ::pread(spool_->file_.get(), buffer_.data() + before, wanted, static_cast<off_t>(at_));
    if (count <= 0) return failure("read");
    buffer_.resize(before + static_cast<std::size_t>(count));
    at_ += static_cast<std::uint64_t>(count);
  }
}

store::Source texts(std::function<Result<std::string>()> more) {
  return [more = std::move(more), text = std::string(), at = std::size_t{0},
          ended = false](std::span<char> into) mutable -> Result<std::size_t> {
    std::size_t done = 0;
    while (done < into.size() && !ended) {
      if (at == text.size()) {
        PGC_TRY(text, more());
        at = 0;
        ended = text.empty();
      }
      const std::size_t count = text.copy(into.data() + done, into.size() - done, at);
      at += count;
      done += count;
    }
    return done;
  };
}

store::Source files_metadata_of(const Spool& spool) {
  return texts([maker = std::make_shared<FilesMetadata>(spool)] { return maker->more(); });
}

}  // namespace pgcontract::backup
