#pragma once
// contract.yaml → Contract. All problems of a file are reported at once, each with its place and the next step; what
// comes back is complete and coherent, or nothing. parse_contract() is pure, load_contract() reads the file; any
// thread.

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.hpp"
#include "model/contract.hpp"

namespace pgcontract::contract {

// Problems in the order of their places. `file_name` is for messages; `directory` is kept for relative paths.
tl::expected<Contract, std::vector<Error>> parse_contract(std::string text, std::string file_name,
                                                          std::string directory);

// Several problems are folded into one Error: its `where` is the first place, its message has a line for each.
Result<Contract> load_contract(const std::string& path);

}  // namespace pgcontract::contract
