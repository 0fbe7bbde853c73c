#pragma once
// Tar archives as streams of bounded memory: what a base backup's parts are made of, and what a server sends. Written
// as ustar, with a pax header where a name or a number does not fit; read in every form that wal-g, Go and PostgreSQL
// write (ustar, pax, GNU's long names and numbers). Names come from a store or a server and are hostile: safe_name()
// is what a path is made of. Each stream belongs to one thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "store/store.hpp"

namespace pgcontract::walg {

struct TarEntry {
  std::string name;  // as it stands in the archive: "/base/1/1259", "backup_label"
  char kind = 'f';   // f file, d directory, l symbolic link
  unsigned mode = 0600;
  std::uint64_t size = 0;   // of a file
  std::int64_t mtime = 0;   // seconds
  std::string link_target;  // of a link
};

// The name below a folder: no slash in front or behind, "" of the archive's root. An Error where it climbs out, has an
// empty or "." part (a leading "./" is taken off), or a zero byte.
Result<std::string> safe_name(std::string_view name);

// What goes into an archive, asked for when the one before has been written.
struct TarMember {
  TarEntry entry;
  store::Source data;  // null for a directory. What is short of `size` is padded with zeros, what is more is cut
};
struct TarSource {
  std::function<Result<std::optional<TarMember>>()> next;  // nothing: the archive ends here
  // A member is in, with the hash of its bytes as they are in the archive ("" of a directory).
  std::function<void(const TarEntry& entry, const std::string& sha256)> done;
};
store::Source tar_stream(TarSource source);

struct TarVisitor {
  std::function<Result<void>(const TarEntry& entry)> begin;
  std::function<Result<void>(std::string_view bytes)> data;  // of a file, in pieces
  std::function<Result<void>()> end;                         // of every entry
};
struct TarRules {
  bool links = false;         // hand symbolic links on; else they are an Error, as devices and hard links always are
  bool needs_trailer = true;  // two blocks of zeros must end it; servers up to 14 leave them out
};

// Takes an archive's bytes, in pieces of any size.
class TarReader {
 public:
  explicit TarReader(TarVisitor visitor, TarRules rules = {}) : visitor_(std::move(visitor)), rules_(rules) {}
  Result<void> add(std::string_view bytes);
  // After the last byte: an Error where the archive was cut off.
  Result<void> finish();

 private:
  enum class Reading { Header, Data, Padding, Extension, Trailer };
  Result<void> header();
  Result<void> plain_header();
  Result<void> extension_ended();
  Result<void> read_pax();
  Result<void> begin_entry();
  Result<void> end_entry();

  TarVisitor visitor_;
  TarRules rules_;
  Reading reading_ = Reading::Header;
  std::string block_;      // of a header, until it is whole
  std::string extension_;  // of a pax header or a long name
  char extension_kind_ = 0;
  TarEntry entry_;
  std::uint64_t left_ = 0;                  // of the data at hand
  std::uint64_t padding_ = 0;               // behind it
  std::optional<std::string> name_, link_;  // which an extension gave the next entry
  std::optional<std::uint64_t> size_;
  int zero_blocks_ = 0;
};

}  // namespace pgcontract::walg
