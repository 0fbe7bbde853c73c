#pragma once
// Where a revision went that a version row names and no file has: asked of git, where the contract lies in a repository
// of it. Starts a child program; never an error, only nothing to tell.

#include <string>

namespace pgcontract::command {

// "its file … was deleted by 4f2a91c (2026-11-02, Squash the reports)"; empty where git does not know.
std::string trace_revision(const std::string& directory, const std::string& id);

}  // namespace pgcontract::command
