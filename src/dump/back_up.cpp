#include "dump/back_up.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "act/dump.hpp"
#include "act/program.hpp"
#include "base/interrupt.hpp"
#include "base/process.hpp"
#include "base/version.hpp"
#include "dump/survey.hpp"
#include "model/observation.hpp"

namespace pgcontract::dump {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSilenceMs = 24 * 3'600'000;  // pg_dump reads a catalog, and waits for nothing else, before it writes
constexpr std::chrono::seconds kHeartbeat{20};
constexpr std::size_t kShownError = 1'500;

// One object of the backup: what a child writes to its stdout.
struct Task {
  CatalogueObject object;
  std::vector<std::string> arguments;
  std::vector<std::uint32_t> schemas;  // whose tables must be those of the snapshot; empty: nothing to compare
};

// pg_dump's own words, whose last lines tell the cause.
std::string tail(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.size() > kShownError ? "…" + text.substr(text.size() - kShownError) : text;
}

// The server's words are in its own language, pg_dump's are not: it says which statement failed.
bool lock_not_granted(const std::string& errors) { return errors.find("uery was: LOCK TABLE") != std::string::npos; }
bool out_of_locks(const std::string& errors) {
  return errors.find("max_locks_per_transaction") != std::string::npos ||
         errors.find("max_pred_locks") != std::string::npos;
}

class Backup {
 public:
  Backup(store::Store& store, const walg::Seal& seal, const postgres::Dsn& dsn, const Request& request,
         const Watch& watch)
      : store_(store), seal_(seal), dsn_(dsn), request_(request), watch_(watch) {}

  Result<Catalogue> run() {
    catalogue_.id = request_.id;
    catalogue_.started_at = now();
    PGC_TRY(survey_, Survey::begin(dsn_));
    PGC_TRY(programs_, act::find_dump_programs(survey_->version_num));
    PGC_CHECK(describe());
    PGC_CHECK(request_.tenant.empty() ? plan_all() : plan_tenant());
    PGC_CHECK(run_tasks());
    // Whoever holds no snapshot any more may have read another moment.
    PGC_CHECK(survey_->still_there());
    for (auto& task : tasks_) catalogue_.objects.push_back(std::move(task.object));
    PGC_CHECK(put_publications());
    catalogue_.finished_at = now();
    PGC_TRY([[maybe_unused]] const auto stored,
            store::put_text(store_, object_key(request_.id, kCatalogue), print(catalogue_), {.if_absent = true}));
    return std::move(catalogue_);
  }

 private:
  Result<void> describe() {
    ProcessRequest version;
    version.arguments = {programs_ + "/pg_dump", "--version"};
    PGC_TRY(auto said, run_process(version));
    while (said.output.ends_with('\n')) said.output.pop_back();
    catalogue_.program = fmt::format("pgcontract {}", kVersion);
    catalogue_.dump_program = said.output;
    catalogue_.database = survey_->database;
    catalogue_.server_version = survey_->server_version;
    catalogue_.system_identifier = survey_->system_identifier;
    catalogue_.lsn = survey_->lsn;
    catalogue_.tenant = request_.tenant;
    catalogue_.compression = std::string(walg::to_string(seal_.compression));
    catalogue_.encrypted = seal_.key != nullptr;
    return {};
  }

  std::string object_name(std::string_view stem) const {
    return fmt::format("{}{}", stem, walg::extension(seal_.compression));
  }

  std::vector<std::string> pg_dump() const {
    return {programs_ + "/pg_dump",
            "--format=custom",
            "--compress=0",
            "--snapshot=" + survey_->snapshot,
            fmt::format("--lock-wait-timeout={}", request_.lock_timeout_ms),
            "--no-password"};
  }

  Task schema_task(const Batch& batch, std::string name, ObjectKind kind) const {
    Task task;
    task.object.name = object_name(name);
    task.object.kind = kind;
    task.arguments = pg_dump();
    for (const auto i : batch.schemas) {
      task.object.schemas.push_back({schemas_[i].name, schemas_[i].tables});
      task.schemas.push_back(schemas_[i].oid);
    }
    return task;
  }

  Result<void> plan_all() {
    PGC_TRY(schemas_, survey_->schemas(""));
    PGC_TRY(const LockSpace space, survey_->lock_space());
    PGC_TRY(const Packing packing, pack(schemas_, space, request_.jobs));
    PGC_TRY(files_, survey_->table_files());
    PGC_TRY(publications_, survey_->publications(schemas_, packing.database.schemas));
    jobs_ = packing.jobs;
    Task globals;
    globals.object = {object_name("globals.sql"), ObjectKind::Globals, 0, "", {}};
    globals.arguments = {programs_ + "/pg_dumpall", "--globals-only", "--no-role-passwords", "--no-password",
                         "--database=" + survey_->database};
    tasks_.push_back(std::move(globals));
    Task database = schema_task(packing.database, "00_database.dump", ObjectKind::Database);
    for (const auto& batch : packing.batches)
      for (const auto i : batch.schemas)
        database.arguments.push_back("--exclude-schema=" + act::exact_pattern(schemas_[i].name));
    tasks_.push_back(std::move(database));
    int count = 0;
    for (const auto& batch : packing.batches) {
      tasks_.push_back(schema_task(batch, fmt::format("{:02}_schemas.dump", ++count), ObjectKind::Schemas));
      tasks_.back().arguments.emplace_back("--strict-names");
      for (const auto i : batch.schemas)
        tasks_.back().arguments.push_back("--schema=" + act::exact_pattern(schemas_[i].name));
    }
    return {};
  }

  Result<void> plan_tenant() {
    PGC_TRY(schemas_, survey_->schemas(request_.schema));
    if (schemas_.empty())
      return fail(ErrorCode::NotFound, fmt::format("schema {} does not exist", request_.schema),
                  "pgcontract tenant list shows the tenants.");
    PGC_TRY(const LockSpace space, survey_->lock_space());
    PGC_TRY(const Packing packing, pack(schemas_, space, 1));
    PGC_TRY(files_, survey_->table_files());
    tasks_.push_back(schema_task(packing.batches.front(), "schema.dump", ObjectKind::Schemas));
    tasks_.back().arguments.emplace_back("--strict-names");
    tasks_.back().arguments.push_back("--schema=" + act::exact_pattern(request_.schema));
    if (request_.rows.empty()) return {};
    Task rows;
    rows.object = {object_name("rows.sql"), ObjectKind::Rows, 0, "", {}};
    PGC_TRY(const auto home, survey_->schemas(request_.rows_schema));
    for (const auto& schema : home) rows.schemas.push_back(schema.oid);
    // psql writes to its stdout what a later psql reads. Nothing in -c is psql's own: the server parses all of it.
    rows.arguments = {programs_ + "/psql", "-XAtqw", "-v", "ON_ERROR_STOP=1"};
    const auto send = [&](std::string sql) {
      rows.arguments.emplace_back("-c");
      rows.arguments.push_back(std::move(sql));
    };
    const auto say = [&](const std::string& line) { send("SELECT " + quoted_literal(line)); };
    send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    send("SET TRANSACTION SNAPSHOT " + quoted_literal(survey_->snapshot));
    send(
        "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL row_security = off; "
        "SET LOCAL client_encoding = 'UTF8'; SET LOCAL statement_timeout = 0; "
        "SET LOCAL idle_in_transaction_session_timeout = 0");
    say("SET client_encoding = 'UTF8';\nSET search_path = '';");
    for (const auto& table : request_.rows) {
      say(table.into + ";");
      send(table.copy);
      say("\\.");
      for (const auto& statement : table.after) say(statement + ";");
    }
    tasks_.push_back(std::move(rows));
    return {};
  }

  Result<void> put_publications() {
    if (publications_.empty()) return {};
    std::string_view rest = publications_;
    const store::Source text = [&](std::span<char> into) -> Result<std::size_t> {
      const std::size_t size = rest.copy(into.data(), into.size());
      rest.remove_prefix(size);
      return size;
    };
    CatalogueObject object{object_name("publications.sql"), ObjectKind::Publications, 0, "", {}};
    PGC_TRY(const auto source, walg::encoded(text, seal_));
    PGC_TRY(const auto stored, store_.put(object_key(request_.id, object.name), source, {}));
    object.bytes = stored.size;
    object.sha256 = stored.sha256;
    catalogue_.objects.push_back(std::move(object));
    return {};
  }

  Result<void> run_tasks() {
    // The largest first would be fair, but the database's own comes first: it is the one that waits longest.
    std::vector<std::thread> workers;
    {
      const std::scoped_lock lock(mutex_);
      running_ = std::min(jobs_, static_cast<int>(tasks_.size()));
    }
    for (int i = 0, count = running_; i < count; ++i) workers.emplace_back([this] { work(); });
    watch_workers();
    for (auto& worker : workers) worker.join();
    if (failure_) return tl::unexpected(*failure_);
    return {};
  }

  void watch_workers() {
    auto asked = Clock::now();
    std::unique_lock lock(mutex_);
    while (running_ > 0) {
      changed_.wait_for(lock, std::chrono::milliseconds(500));
      lock.unlock();
      watch_(done_, static_cast<int>(tasks_.size()), bytes_);
      if (Clock::now() - asked > kHeartbeat) {
        asked = Clock::now();
        if (const auto there = survey_->still_there(); !there) give_up(there.error());
      }
      lock.lock();
    }
  }

  void give_up(const Error& error) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = error;
    stop_ = true;
  }

  void work() {
    for (;;) {
      const std::size_t at = next_++;
      if (at >= tasks_.size() || stop_) break;
      if (const auto stored = store_task(tasks_[at]); !stored) give_up(stored.error());
      ++done_;
    }
    const std::scoped_lock lock(mutex_);
    --running_;
    changed_.notify_all();
  }

  // Until it is stored. Where its locks are not granted the dump ends, and with it its place in the queue in front of
  // everybody who came later; then it is tried again.
  Result<void> store_task(Task& task) {
    const auto deadline = Clock::now() + std::chrono::seconds(request_.wait_seconds);
    for (int attempt = 0;; ++attempt) {
      auto stored = try_task(task);
      if (stored) return {};
      if (stored.error().code != ErrorCode::LockTimeout || Clock::now() > deadline)
        return with_context(stored.error(), task.object.name);
      const auto until = Clock::now() + std::chrono::seconds(std::min(2 << std::min(attempt, 4), 30));
      while (Clock::now() < until && !stop_ && !interrupt::stop_requested())
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (stop_ || interrupt::stop_requested()) return fail(ErrorCode::Cancelled, "the backup was stopped");
    }
  }

  Result<void> try_task(Task& task) {
    ProcessRequest process;
    process.arguments = task.arguments;
    act::set_connection(process, dsn_, "");
    process.environment["LC_ALL"] = "C";  // its messages are read here
    process.environment["PGAPPNAME"] = "pgcontract backup logical";
    process.deadline_ms = kSilenceMs;
    PGC_TRY(StreamedProcess child, StreamedProcess::start(process));
    bool begun = false, ended = false;
    const store::Source output = [&](std::span<char> into) -> Result<std::size_t> {
      if (stop_ || interrupt::stop_requested()) return fail(ErrorCode::Cancelled, "the backup was stopped");
      if (ended) return std::size_t{0};
      PGC_TRY(const std::size_t size, child.read(into));
      if (size == 0) {
        ended = true;
        PGC_CHECK(well_ended(child, task));
      }
      // pg_dump has all its locks when it begins to write, and keeps them to its end; psql takes one after the other.
      const bool holds_locks = !std::exchange(begun, true) && task.object.kind != ObjectKind::Rows;
      if (holds_locks || (ended && task.object.kind == ObjectKind::Rows)) PGC_CHECK(same_tables(task));
      return size;
    };
    PGC_TRY(const auto encoded, walg::encoded(output, seal_));
    const store::Source counted = [&](std::span<char> into) -> Result<std::size_t> {
      PGC_TRY(const std::size_t size, encoded(into));
      bytes_ += size;
      return size;
    };
    PGC_TRY(const auto stored, store_.put(object_key(request_.id, task.object.name), counted, {}));
    if (!ended) return fail(ErrorCode::Bug, "the store took less than all of a dump");
    task.object.bytes = stored.size;
    task.object.sha256 = stored.sha256;
    return {};
  }

  // No object may be whole whose dump was not.
  static Result<void> well_ended(StreamedProcess& child, const Task& task) {
    PGC_TRY(const auto result, child.finish());
    if (result.exit_code == 0) return {};
    const std::string name = task.arguments[0].substr(task.arguments[0].rfind('/') + 1);
    const std::string what = fmt::format("{} ended with {}: {}", name, result.exit_code, tail(result.error_output));
    // The order counts: a full table of locks stops LOCK TABLE as well.
    if (out_of_locks(result.error_output))
      return fail(ErrorCode::LockTimeout, what,
                  "Somebody else took the room for locks that was free before: set max_locks_per_transaction higher, "
                  "or take fewer dumps at once with --jobs.");
    if (lock_not_granted(result.error_output))
      return fail(
          ErrorCode::LockTimeout, what,
          "Somebody holds these tables exclusively: pg_stat_activity tells who. Try again later, or wait longer "
          "with --wait.");
    return fail(ErrorCode::Process, what, "Its own message says what is wrong; there is no backup of this moment.");
  }

  // What is read under an older snapshot of a table whose rows were written anew looks empty.
  Result<void> same_tables(const Task& task) {
    if (task.schemas.empty()) return {};
    PGC_TRY(const auto changed, changed_tables(dsn_, task.schemas, files_));
    if (changed.empty()) return {};
    return fail(
        ErrorCode::Conflict,
        fmt::format("{} was written anew after the backup began{}: its rows of that moment are gone", changed.front(),
                    changed.size() > 1 ? fmt::format(", as {} others were", changed.size() - 1) : ""),
        "TRUNCATE, VACUUM FULL and rewriting migrations do that: take the backup again while none runs.");
  }

  store::Store& store_;
  const walg::Seal& seal_;
  const postgres::Dsn& dsn_;
  const Request& request_;
  const Watch& watch_;
  std::optional<Survey> survey_;
  std::string programs_;
  std::vector<SchemaLoad> schemas_;
  std::map<std::uint32_t, std::vector<TableFile>> files_;
  std::string publications_;
  std::vector<Task> tasks_;  // worker i writes to the object of the task that it took, nobody else
  Catalogue catalogue_;
  int jobs_ = 1;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<int> done_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  int running_ = 0;
  std::optional<Error> failure_;
};

}  // namespace

Result<Catalogue> back_up(store::Store& store, const walg::Seal& seal, const postgres::Dsn& dsn, const Request& request,
                          const Watch& watch) {
  return Backup(store, seal, dsn, request, watch).run();
}

}  // namespace pgcontract::dump
