#pragma once
// Objects as files below a folder of this machine, in wal-g's layout for local folders. A file gets its name only when
// it is whole and on the disk: it is written under another (name.hpp), flushed, then linked or renamed, then the folder
// is flushed. No symbolic link below the root is followed. See store.hpp for what is promised.

#include <string>

#include "store/store.hpp"

namespace pgcontract::store {

class FolderStore : public Store {
 public:
  explicit FolderStore(std::string root) : root_(std::move(root)) {}

  Result<Stored> put(const std::string& name, const Source& source, const PutOptions& options) override;
  Result<Got> get(const std::string& name, const Range& range, const Sink& sink) override;
  Result<Object> head(const std::string& name) override;
  Result<void> list(const std::string& prefix, const std::string& after, const Visitor& visitor) override;
  Result<void> remove(const std::string& name) override;
  std::string describe() const override { return root_; }

 private:
  std::string root_;
};

}  // namespace pgcontract::store
