#pragma once
// The folder of an export: made under another name, hashed file by file, and given its name when it is whole. A folder
// that a killed run left under the other name is removed by the next. One owner; one thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pgcontract::command {

class ExportFolder {
 public:
  // Refuses an existing target, or with `overwrite` one that is not an export.
  static Result<ExportFolder> begin(const std::string& target, bool overwrite);
  ExportFolder(ExportFolder&&) noexcept;
  ExportFolder& operator=(ExportFolder&&) noexcept = delete;
  ~ExportFolder();  // removes what was not finished

  std::string path(const std::string& name) const;
  using Write = std::function<void(std::string_view)>;
  // A file written piece by piece; `fill` gets the function that writes.
  Result<void> write(const std::string& name, const std::function<Result<void>(const Write&)>& fill) const;

  struct File {
    std::string name;
    std::string bytes;
    std::string sha256;
  };
  Result<File> measure(const std::string& name) const;
  // Flushes everything to disk and gives the folder its name.
  Result<void> finish() &&;

 private:
  ExportFolder(std::string target, std::string partial, bool overwrite)
      : target_(std::move(target)), partial_(std::move(partial)), overwrite_(overwrite) {}
  std::string target_;
  std::string partial_;  // empty once finished
  bool overwrite_;
};

inline constexpr std::string_view kManifest = "manifest.json";

}  // namespace pgcontract::command
