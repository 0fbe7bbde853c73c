#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <vector>

#include "command/backup_place.hpp"
#include "command/list.hpp"
#include "wal/prefetch.hpp"

namespace pgcontract::command {
namespace {

constexpr int kMostAhead = 64;

// A process of its own, so that restore_command ends at once. It ends by itself when it has fetched its share.
void begin_ahead(const Arguments& arguments) {
  std::vector<std::string> words = {"pgcontract", "--contract", arguments.contract_file, "--quiet"};
  if (!arguments.environment.empty()) words.insert(words.end(), {"--env", arguments.environment});
  words.insert(words.end(), {"backup", "wal-fetch", "--only-ahead"});
  for (const auto& [name, value] : arguments.options) words.insert(words.end(), {name, value});
  words.insert(words.end(), {"--", arguments.positionals[0], arguments.positionals[1]});
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  if (::fork() != 0) return;  // without it the next segment is fetched when it is asked for
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, stream);
  ::execv("/proc/self/exe", argv.data());
  ::_exit(127);
}

}  // namespace

Result<Report> run_backup_wal_fetch(const Arguments& arguments) {
  const std::string& name = arguments.positionals[0];
  const std::string& destination = arguments.positionals[1];
  wal::Ahead ahead;
  PGC_TRY(ahead.segments, number_option(arguments, "--ahead", ahead.segments, 0, kMostAhead));
  PGC_TRY(const BackupPlace backup, open_backup_place(arguments));
  wal::Archive archive(*backup.store, backup.seal);
  Report report;
  report.command = "backup wal-fetch";
  report.scene = scene_of(backup.place, backup.store->describe(), nullptr);
  if (arguments.has("--only-ahead")) {
    PGC_CHECK(wal::fetch_ahead(archive, name, destination, ahead));
    return report;
  }
  auto fetched = wal::fetch_or_take(archive, name, destination);
  if (!fetched && fetched.error().code == ErrorCode::NotFound) {
    report.finds = true;  // exit code 1: the server takes it for "no such file", and it is
    report.notes.push_back(fetched.error().message);
    return report;
  }
  if (!fetched) return with_context(std::move(fetched).error(), backup.store->describe());
  if (wal::wants_more(name, destination, ahead)) begin_ahead(arguments);
  report.tables.push_back({"files",
                           {{"name", "NAME"}, {"bytes", "BYTES"}, {"from", "FROM"}},
                           {{name, fmt::format("{}", fetched->bytes), fetched->key}}});
  return report;
}

}  // namespace pgcontract::command
