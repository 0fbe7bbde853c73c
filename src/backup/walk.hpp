#pragma once
// A running server's data directory as a stream of what a backup takes: what PostgreSQL's own BASE_BACKUP leaves out is
// left out (docs §26.3.5, §55.4), besides logs and control files of a standby. Files come open, so that nobody can put
// a link in their place; memory does not grow with their number. One thread at a time.

#include <dirent.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_descriptor.hpp"
#include "base/result.hpp"
#include "walg/tar.hpp"

namespace pgcontract::backup {

struct Found {
  walg::TarEntry entry;                      // "/base/1/1259"
  FileDescriptor file;                       // of a file
  std::optional<std::uint32_t> first_block;  // of a relation's file
};

class Walk {
 public:
  // `major` chooses the folder of a tablespace that is this server's.
  static Result<Walk> open(const std::string& data_directory, int major);
  // The next one; nothing at the end. global/pg_control does not come: it is read last.
  Result<std::optional<Found>> next();
  // What was neither file nor folder, or a link where none is expected: left out, as PostgreSQL does.
  const std::vector<std::string>& passed_over() const { return passed_over_; }

 private:
  struct Folder {
    std::unique_ptr<DIR, int (*)(DIR*)> stream{nullptr, closedir};
    std::string name;        // "" of the root, "/base/1"
    bool emptied = false;    // its contents are not taken
    bool relations = false;  // its files may be relations'
    bool tablespaces = false, tablespace = false;
  };
  Walk(std::string root, int major) : root_(std::move(root)), major_(major) {}
  Result<void> enter(int above, const std::string& leaf, std::string name);
  Result<std::optional<Found>> look(Folder& folder, const std::string& leaf);
  bool left_out(const Folder& folder, const std::string& leaf) const;

  std::string root_;
  int major_;
  std::vector<Folder> folders_;
  std::optional<Found> first_;  // the root itself
  std::vector<std::string> passed_over_;
};

struct TablespaceLink {
  std::string oid, location;
};
// Links in pg_tblspc/.
Result<std::vector<TablespaceLink>> tablespace_links(const std::string& data_directory);

}  // namespace pgcontract::backup
