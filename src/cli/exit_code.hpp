#pragma once
// What a command's end means to a script. The codes are a promise (doc/report.md): they follow from the report alone.
// Pure; any thread.

#include "base/result.hpp"
#include "model/report.hpp"

namespace pgcontract::cli {

inline constexpr int kDone = 0;        // the contract holds, the work is done
inline constexpr int kFindings = 1;    // a clause is broken, or `plan` found something to do
inline constexpr int kUsage = 2;       // the command line is wrong
inline constexpr int kSomeFailed = 3;  // some steps are done, others are not
inline constexpr int kFailed = 4;      // no step could be done, or the command itself failed
inline constexpr int kBug = 70;        // pgcontract broke a promise to itself
// `backup wal-fetch` alone: all but "done" and "certainly absent"; a server that replays stops at codes above 125.
inline constexpr int kRecoveryMustStop = 126;

int exit_code(const Error& error);
int exit_code(const Result<Report>& result);

}  // namespace pgcontract::cli
