#include "contract/load.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/text_file.hpp"
#include "yaml/document.hpp"

namespace pgcontract::contract {
namespace {

Error fold(std::vector<Error> problems) {
  if (problems.size() == 1) return std::move(problems.front());
  Error folded;
  folded.code = ErrorCode::InvalidInput;
  folded.where = problems.front().where;
  folded.message = fmt::format("{} problems", problems.size());
  for (const auto& problem : problems) {
    folded.message += "\n" + problem.describe();
    if (!problem.hint.empty()) folded.message += " (" + problem.hint + ")";
  }
  folded.hint = "Mend them and try again; nothing was done.";
  return folded;
}

}  // namespace

Result<Contract> load_contract(const std::string& path) {
  auto file = read_text_file(path, yaml::kMaxBytes);
  if (!file) {
    Error error = std::move(file).error();
    if (error.code == ErrorCode::NotFound) {
      error.message = "there is no contract here";
      error.hint = "Write one with `pgcontract init`, or name it with --contract PATH.";
    }
    return fail(std::move(error));
  }
  std::error_code ignored;
  auto absolute = std::filesystem::absolute(path, ignored);
  if (ignored) return fail(ErrorCode::Io, "the working directory is gone", "Change to a directory that exists.", path);
  auto contract =
      parse_contract(std::string(file->text.reveal()), path, absolute.lexically_normal().parent_path().string());
  if (!contract) return fail(fold(std::move(contract).error()));
  return std::move(*contract);
}

}  // namespace pgcontract::contract
