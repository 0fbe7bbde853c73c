#include "drill/isolated.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/interrupt.hpp"
#include "cluster/programs.hpp"
#include "restore/recovery.hpp"
#include "walg/names.hpp"

namespace pgcontract::drill {
namespace {

namespace fs = std::filesystem;
using restore::quoted_setting;

constexpr std::size_t kLongestSocketDirectory = 80;  // sun_path holds 108 bytes, with the file's name
constexpr auto kPoll = std::chrono::milliseconds(50);

// Libraries that do things by themselves when they are loaded: jobs, replication, workers.
constexpr std::array<std::string_view, 9> kActByThemselves = {
    "pg_cron", "pg_partman_bgw", "pglogical", "bdr", "pgagent", "pg_squeeze", "spock", "pgl_ddl_deploy", "wal2mongo"};

Result<void> write_file(const fs::path& path, const std::string& text) {
  {
    std::ofstream file(path, std::ios::trunc);
    file << text;
    if (!file.flush())
      return fail(ErrorCode::Io, fmt::format("could not write {}", path.string()), "Is the disk full?");
  }
  return cluster::give_to_server_user(path);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string after(std::string_view text, std::string_view words, std::string_view ends) {
  const auto at = text.rfind(words);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + words.size());
  return std::string(text.substr(0, text.find_first_of(ends)));
}

// "2026-11-23 02:34:54.120385+00"; the copy's time zone is UTC.
std::optional<Instant> parse_log_time(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%d %d:%d:%lf", &year, &month, &day, &hour, &minute, &second) != 6) return {};
  const auto date = std::chrono::year(year) / month / day;
  if (!date.ok()) return {};
  return Instant(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::milliseconds(static_cast<long>(second * 1000));
}

// The last complaints, without what every recovery writes.
std::string complaints(const std::string& log) {
  std::vector<std::string> lines;
  std::istringstream text(log);
  for (std::string line; std::getline(text, line);)
    if (line.find("FATAL:") != std::string::npos || line.find("PANIC:") != std::string::npos ||
        line.find("ERROR:") != std::string::npos || line.find("DETAIL:") != std::string::npos ||
        line.find("HINT:") != std::string::npos || line.find("incorrect ") != std::string::npos ||
        line.find("invalid ") != std::string::npos || line.find("unexpected ") != std::string::npos)
      if (line.find("the database system is") == std::string::npos) lines.push_back(line);
  if (lines.size() > 6) lines.erase(lines.begin(), lines.end() - 6);
  if (lines.empty()) return log.size() > 800 ? log.substr(log.size() - 800) : log;
  return fmt::format("{}", fmt::join(lines, "\n"));
}

std::string trimmed(std::string text) {
  const auto space = [](unsigned char c) { return std::isspace(c) != 0 || c == '"'; };
  while (!text.empty() && space(static_cast<unsigned char>(text.back()))) text.pop_back();
  text.erase(text.begin(), std::ranges::find_if_not(text, space));
  return text;
}

}  // namespace

Replay read_replay(std::string_view log) {
  Replay replay;
  replay.from = walg::parse_lsn(after(log, "redo starts at ", " \n")).value_or(0);
  replay.to = walg::parse_lsn(after(log, "redo done at ", " \n")).value_or(0);
  replay.stopped = after(log, "LOG:  recovery stopping ", "\n");
  replay.commit = parse_log_time(after(log, "last completed transaction was at log time ", "\n"));
  const std::string timeline = after(log, "selected new timeline ID: ", "\n");
  replay.timeline = static_cast<std::uint32_t>(std::atol(timeline.c_str()));
  return replay;
}

Result<std::string> control_value(const std::string& data, const std::string& name) {
  const int major = std::atoi(read_file(fs::path(data) / "PG_VERSION").c_str());
  PGC_TRY(const fs::path programs, cluster::find_server_programs(major));
  PGC_TRY(const auto shown, cluster::run_server_program(programs / "pg_controldata", {"-D", data}));
  const auto at = shown.output.find(name + ":");
  if (shown.exit_code != 0 || at == std::string::npos)
    return fail(ErrorCode::InvalidInput, "pg_control cannot be read: " + shown.error_output, "", data);
  return trimmed(after(std::string_view(shown.output).substr(at, 200), name + ":", "\n"));
}

// What the source preloads, as far as it is here and only serves.
std::string Isolated::preload_libraries() {
  const auto asked =
      cluster::run_server_program(programs_ / "postgres", {"-C", "shared_preload_libraries", "-D", data_});
  if (!asked || asked->exit_code != 0) return {};
  const auto config = cluster::run_server_program(programs_ / "pg_config", {"--pkglibdir"});
  const fs::path libraries = config && config->exit_code == 0 ? trimmed(config->output) : "/nowhere";
  std::string kept;
  std::istringstream names(asked->output);
  for (std::string name; std::getline(names, name, ',');) {
    name = trimmed(name);
    if (name.empty()) continue;
    const std::string file = fs::path(name).filename().string();
    const bool acts = std::ranges::find(kActByThemselves, file) != kActByThemselves.end();
    if (acts || !fs::exists(libraries / (file + ".so")))
      left_out_.push_back(name);
    else
      kept += (kept.empty() ? "" : ",") + name;
  }
  return kept;
}

std::string Isolated::settings(const std::string& preload) const {
  // A standby may not have less of these than its source had (docs §27.4.3).
  const auto at_least = [&](const char* name, long least) {
    const auto value = control_value(data_, name);
    return std::max(least, value ? std::atol(value->c_str()) : 0L);
  };
  return fmt::format(
      "# Written by pgcontract: a scratch copy that nothing reaches and that reaches nothing.\n"
      "listen_addresses = ''\nunix_socket_directories = {}\nunix_socket_permissions = 0700\n"
      "hba_file = {}\nident_file = {}\nshared_preload_libraries = {}\n"
      "max_connections = {}\nmax_worker_processes = {}\nmax_wal_senders = {}\nmax_prepared_transactions = {}\n"
      "max_locks_per_transaction = {}\nshared_buffers = '64MB'\nmaintenance_work_mem = '64MB'\n"
      "archive_mode = off\nsynchronous_standby_names = ''\nmax_logical_replication_workers = 0\n"
      "hot_standby = on\nautovacuum = off\nfsync = off\nfull_page_writes = off\njit = off\n"
      "logging_collector = off\nlog_destination = 'stderr'\nlog_line_prefix = ''\nlog_timezone = 'UTC'\n"
      "timezone = 'UTC'\nlc_messages = 'C'\nlog_min_messages = warning\nlog_checkpoints = off\ncluster_name = "
      "'scratch'\n",
      quoted_setting(socket_), quoted_setting(path_ + "/pg_hba.conf"), quoted_setting(path_ + "/pg_ident.conf"),
      quoted_setting(preload), at_least("max_connections setting", 50), at_least("max_worker_processes setting", 8),
      at_least("max_wal_senders setting", 0), at_least("max_prepared_xacts setting", 0),
      at_least("max_locks_per_xact setting", 1024));
}

Result<void> Isolated::configure(const IsolatedRequest& request) {
  major_ = std::atoi(read_file(fs::path(data_) / "PG_VERSION").c_str());
  PGC_TRY(programs_, cluster::find_server_programs(major_));
  socket_ = path_ + "/socket";
  if (socket_.size() > kLongestSocketDirectory)
    return fail(ErrorCode::InvalidInput, "the path of the work folder is too long for a socket",
                "Name a shorter one with --work-dir.", path_);
  PGC_CHECK(cluster::make_private_directory(socket_));
  const std::string text = settings(preload_libraries());
  PGC_CHECK(write_file(path_ + "/postgresql.conf", text));
  PGC_CHECK(write_file(path_ + "/pg_hba.conf", "local all all trust\n"));
  PGC_CHECK(write_file(path_ + "/pg_ident.conf", ""));
  // All that came with the copy is out of force: its own configuration file is not read, and this is the other one.
  PGC_CHECK(write_file(data_ + "/postgresql.auto.conf", request.recovery));
  PGC_CHECK(write_file(data_ + "/recovery.signal", ""));
  std::error_code ignored;
  fs::remove(data_ + "/standby.signal", ignored);
  fs::remove(data_ + "/postmaster.pid", ignored);
  return {};
}

Result<Isolated> Isolated::start(const Workspace& workspace, const IsolatedRequest& request) {
  Isolated isolated(workspace);
  PGC_CHECK(isolated.configure(request));
  const std::string options = fmt::format("-c config_file={}/postgresql.conf", isolated.path_);
  PGC_TRY(const auto started,
          cluster::run_server_program(isolated.programs_ / "pg_ctl",
                                      {"-D", isolated.data_, "-l", isolated.log_, "-W", "-s", "-o", options, "start"}));
  if (started.exit_code != 0)
    return fail(ErrorCode::Process, "the copy's server did not start: " + started.error_output, "", isolated.log_);
  PGC_CHECK(isolated.wait(request));
  isolated.replay_ = read_replay(read_file(isolated.log_));
  return isolated;
}

Result<void> Isolated::wait(const IsolatedRequest& request) {
  constexpr int kPollsToBegin = 600;
  const auto pid_now = [&] { return std::atol(read_file(data_ + "/postmaster.pid").c_str()); };
  long pid = 0;
  for (int i = 0;; ++i) {
    if (interrupt::abort_requested()) return fail(ErrorCode::Cancelled, "interrupted while the copy recovered");
    if (const long seen = pid_now(); seen > 1) pid = seen;
    const std::string log = pid == 0 ? read_file(log_) : "";
    const bool gone = pid == 0 ? i > kPollsToBegin || log.find("FATAL:") != std::string::npos
                               : kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
    if (gone)
      return fail(ErrorCode::Process,
                  "the copy's server ended before it had recovered:\n" + complaints(read_file(log_)),
                  "With --keep the whole log stays.", log_);
    PGC_TRY(const bool done, recovered(request));
    if (done) return {};
    std::this_thread::sleep_for(kPoll);
  }
}

Result<bool> Isolated::recovered(const IsolatedRequest& request) {
  for (std::size_t i = 0; !connection_ && i < request.users.size(); ++i) {
    user_ = request.users[i];
    postgres::ConnectOptions options;
    options.connect_timeout_ms = 2'000;
    if (auto opened = postgres::Connection::open(dsn("postgres"), options)) connection_ = std::move(*opened);
  }
  if (!connection_) return request.watch(0).map([] { return false; });
  const auto rows =
      connection_->query("SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_last_wal_replay_lsn()::pg_catalog.text");
  if (!rows) {
    connection_.reset();
    return false;
  }
  PGC_CHECK(request.watch(walg::parse_lsn(rows->at(0, 1)).value_or(0)));
  if (rows->at(0, 0) == "t") return false;
  connection_.reset();
  return true;
}

postgres::Dsn Isolated::dsn(const std::string& database) const {
  postgres::Dsn dsn;
  dsn.keywords = {{"host", socket_}, {"port", "5432"}, {"user", user_}, {"dbname", database}};
  return dsn;
}

Result<void> Isolated::stop() {
  constexpr int kDeadlineMs = 600'000;
  connection_.reset();
  PGC_TRY(const auto stopped,
          cluster::run_server_program(programs_ / "pg_ctl",
                                      {"-D", data_, "-m", "fast", "-w", "-s", "-t", "600", "stop"}, kDeadlineMs));
  if (stopped.exit_code != 0)
    return fail(ErrorCode::Process, "the copy's server did not stop: " + stopped.error_output, "", log_);
  return {};
}

}  // namespace pgcontract::drill
