#include "restore/file_list.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/file_descriptor.hpp"
#include "base/sha256.hpp"
#include "walg/names.hpp"
#include "walg/tar.hpp"

namespace pgcontract::restore {
namespace {

// How the file below `folder` differs from what was listed; empty: it does not.
std::string difference(int folder, const walg::ManifestFile& listed) {
  struct stat facts{};
  if (fstatat(folder, listed.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
    return fmt::format("{} is missing", listed.name);
  if (listed.kind != 'f') return {};
  if (static_cast<std::uint64_t>(facts.st_size) != listed.size)
    return fmt::format("{} has {} bytes, the manifest says {}", listed.name, facts.st_size, listed.size);
  const FileDescriptor file(openat(folder, listed.name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  Sha256 hash;
  std::array<char, 65536> buffer;
  for (ssize_t count = 0; (count = ::read(file.get(), buffer.data(), buffer.size())) > 0;)
    hash.add({buffer.data(), static_cast<std::size_t>(count)});
  if (hash.hex() != listed.sha256) return fmt::format("{} has another SHA-256 than the manifest says", listed.name);
  return {};
}

}  // namespace

Result<FileList> FileList::open(store::Store& store, const std::string& backup,
                                const std::optional<walg::Manifest>& manifest, const walg::Sentinel& sentinel,
                                const walg::Seal& seal) {
  FileList list(store, backup, seal);
  list.seal_.compression = walg::Compression::Zstd;
  if (manifest) {
    list.kind_ = Kind::Ours;
    list.sha256_ = manifest->files_sha256;
    // A delta is read by wal-g's list too, but ours are never deltas.
  } else if (!sentinel.files_metadata_disabled) {
    list.kind_ = Kind::Walg;
  }
  return list;
}

Result<void> FileList::each_line(const std::function<Result<void>(const walg::ManifestFile&)>& visit) const {
  const std::string key = walg::manifest_files_key(backup_);
  std::string rest;
  PGC_TRY(auto decoder, walg::Decoder::make(seal_, [&](std::string_view bytes) -> Result<void> {
            rest += bytes;
            std::size_t begin = 0;
            for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', begin)) {
              PGC_TRY(auto file, walg::parse_manifest_file(std::string_view(rest).substr(begin, end - begin), key));
              PGC_TRY(file.name, walg::safe_name(file.name));
              PGC_CHECK(visit(file));
              begin = end + 1;
            }
            rest.erase(0, begin);
            return {};
          }));
  const auto got = store_->get(key, {}, [&](std::string_view bytes) { return decoder.add(bytes); });
  if (!got) return with_context(got.error(), key);
  if (got->sha256 != sha256_)
    return fail(ErrorCode::InvalidInput,
                fmt::format("the list of files of {} has another SHA-256 than its manifest says", backup_),
                "Restore from another backup: pgcontract backup list", key);
  return decoder.finish();
}

Result<Tally> FileList::tally() const {
  Tally tally;
  if (kind_ == Kind::Ours)
    PGC_CHECK(each_line([&](const walg::ManifestFile& file) -> Result<void> {
      tally.add(file.part, {file.name, file.kind, file.size, file.sha256});
      return {};
    }));
  if (kind_ == Kind::Walg) {
    walg::FilesVisitor visitor;
    visitor.file = [](const walg::FileEntry&) -> Result<void> { return {}; };
    visitor.member = [&](std::string_view part, std::string_view member) -> Result<void> {
      PGC_TRY(const std::string name, walg::safe_name(member));
      tally.add_name(std::string(part), name);
      return {};
    };
    auto read = walg::read_files_metadata(*store_, backup_, visitor);
    if (!read && read.error().code == ErrorCode::NotFound)
      return fail(ErrorCode::InvalidInput, fmt::format("backup {} is damaged: files_metadata.json is missing", backup_),
                  "Without it nobody can tell whether the backup is whole. Restore from another one.");
    if (!read) return tl::unexpected(read.error());
  }
  return tally;
}

Result<void> FileList::each_file(const std::function<Result<void>(const walg::FileEntry&)>& visit) const {
  walg::FilesVisitor visitor;
  visitor.file = visit;
  visitor.member = [](std::string_view, std::string_view) -> Result<void> { return {}; };
  return walg::read_files_metadata(*store_, backup_, visitor);
}

Result<std::string> FileList::first_difference(int folder, const std::string& part) const {
  std::string found;
  if (kind_ == Kind::Ours)
    PGC_CHECK(each_line([&](const walg::ManifestFile& file) -> Result<void> {
      if (found.empty() && file.part == part && file.name != "global/pg_control" && file.name != "tablespace_map")
        found = difference(folder, file);
      return {};
    }));
  if (kind_ == Kind::Walg) {
    walg::FilesVisitor visitor;
    visitor.file = [](const walg::FileEntry&) -> Result<void> { return {}; };
    visitor.member = [&](std::string_view in, std::string_view member) -> Result<void> {
      PGC_TRY(const std::string name, walg::safe_name(member));
      if (found.empty() && in == part && name != "global/pg_control" && name != "tablespace_map" &&
          faccessat(folder, name.empty() ? "." : name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        found = name + " is missing";
      return {};
    };
    PGC_CHECK(walg::read_files_metadata(*store_, backup_, visitor));
  }
  return found.empty() ? "its members are not the ones that were listed" : found;
}

}  // namespace pgcontract::restore
