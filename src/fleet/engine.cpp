#include "fleet/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "base/interrupt.hpp"
#include "fleet/journal.hpp"
#include "fleet/watcher.hpp"
#include "fleet/workload.hpp"

namespace pgcontract::fleet {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kTick = 50ms;
constexpr auto kJournalEvery = 500ms;
constexpr auto kLongWait = 100ms;  // from here on somebody may be in the way; looked for as often

bool is_away(const Error& error) {
  return error.code == ErrorCode::ConnectionLost || error.code == ErrorCode::Unreachable;
}
bool is_lock_table_full(const Error& error) { return error.sqlstate == "53200"; }

// Doubles each time, with jitter so that several clients do not meet again at the next lock.
Clock::duration pause_before(int attempt) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  const int longest = std::min(5'000, 200 << std::min(attempt, 5));
  return std::chrono::milliseconds(std::uniform_int_distribution<int>(longest / 2, longest)(generator));
}

class Engine {
 public:
  Engine(const Contract& contract, const postgres::Dsn& dsn, act::ApplyLock& lock, const Options& options,
         std::vector<Passage>& passages, const std::function<void(const Progress&)>& progress)
      : dsn_(dsn),
        lock_(lock),
        options_(options),
        passages_(passages),
        progress_(progress),
        journal_(Uuid::parse(options.setting.job).value_or(Uuid{}), options.act.job) {
    limit_ = options.workers > 0 ? options.workers : chosen();
    // A wait must be looked at before it is given up.
    const auto timeout = std::chrono::milliseconds(options.setting.lock_timeout_ms);
    long_wait_ = std::min<Clock::duration>(kLongWait, timeout / 4);
    tick_ = std::clamp<Clock::duration>(timeout / 8, 5ms, kTick);
    for (int i = 0; i < limit_; ++i)
      workers_.push_back({std::make_unique<Runner>(contract, dsn, options.setting), {}, {}, 0});
  }

  Result<Run> all() {
    if (has_journal()) PGC_CHECK(journal_.begin(side(), passages_));
    const int asked = std::exchange(limit_, 1);
    auto rest = canaries();
    limit_ = asked;
    if (!stopping()) choose_workers();
    out_.workers = limit_;
    const int in_wave = options_.wave.of(static_cast<int>(rest.size()));
    const std::size_t wave = in_wave > 0 ? static_cast<std::size_t>(in_wave) : rest.size();
    for (std::size_t first = 0; first < rest.size() && !stopping(); first += wave)
      stage({rest.begin() + static_cast<std::ptrdiff_t>(first),
             rest.begin() + static_cast<std::ptrdiff_t>(std::min(rest.size(), first + wave))});
    finish_journal();
    out_.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    out_.blockers = std::move(watcher_).blockers();
    if (out_.stopped.empty() && interrupt::stop_requested()) out_.stopped = "stopped by the user";
    // Where another has the lock by now, the report is all there is: the next run closes the job.
    if (has_journal() && !(side().is_lost() && !out_.stopped.empty())) {
      PGC_CHECK(journal_error_ ? fail(*journal_error_) : Result<void>{});
      PGC_CHECK(journal_.finish(side(), passages_));
    }
    return std::move(out_);
  }

 private:
  struct Worker {
    std::unique_ptr<Runner> runner;
    std::optional<std::size_t> at;  // the passage in hand
    Clock::time_point since;
    int pid = 0;
  };
  struct Delayed {
    Clock::time_point until;
    std::size_t passage;
  };

  bool has_journal() const { return !options_.setting.job.empty(); }
  postgres::Connection& side() { return lock_.side_connection(); }
  bool stopping() const { return !out_.stopped.empty() || interrupt::stop_requested(); }

  int chosen() {
    std::vector<const Script*> scripts;
    for (const auto& passage : passages_)
      if (scripts.empty() || scripts.back() != passage.script) scripts.push_back(passage.script);
    auto choice = workers_for(scripts);
    out_.workers_choice = std::move(choice.reason);
    out_.workers_chosen = choice.workers;
    return choice.workers;
  }

  // The first of each group alone: its locks are looked at, and where it fails none of its group is begun.
  std::vector<std::size_t> canaries() {
    std::vector<std::size_t> rest;
    std::map<const Script*, int> size;
    for (const auto& passage : passages_) ++size[passage.script];
    const Script* group = nullptr;
    int taken = 0;
    for (std::size_t i = 0; i < passages_.size(); ++i) {
      taken = passages_[i].script == group ? taken + 1 : 1;
      group = passages_[i].script;
      if (taken > std::max(1, options_.canary.of(size[group])) || stopping()) {
        rest.push_back(i);
        continue;
      }
      watch_locks_ = taken == 1;
      stage({i});
      const Passage& canary = passages_[i];
      // It showed nothing of the script: the next one does.
      if (canary_refused(canary) || canary.state == StepState::Unneeded) --taken;
      if (canary.state == StepState::Failed && !canary_refused(canary))
        out_.stopped = fmt::format("the canary {} failed, so no other schema was begun", canary.schema.name);
    }
    watch_locks_ = false;
    return rest;
  }
  // One that somebody migrated by hand says nothing about the others.
  static bool canary_refused(const Passage& canary) {
    return canary.error && canary.error->code == ErrorCode::Conflict;
  }

  void choose_workers() {
    const auto lower = [&](int to, std::string why) {
      if (to >= limit_) return;
      limit_ = std::max(1, to);
      out_.workers_reason = std::move(why);
    };
    if (!locks_.shared.empty())
      lower(1, fmt::format("each schema takes {}, which several at once would only wait for", locks_.shared));
    constexpr int kShare = 2;  // half of the lock table is everybody else's
    if (options_.lock_slots > 0 && locks_.count > 0)
      lower(options_.lock_slots / kShare / locks_.count,
            fmt::format("a transaction holds {} locks and the server has room for {}", locks_.count,
                        options_.lock_slots));
  }

  void stage(const std::vector<std::size_t>& items) {
    ready_.assign(items.begin(), items.end());
    open_ = static_cast<int>(items.size());
    std::vector<std::jthread> threads;
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(limit_), items.size());
    running_ = static_cast<int>(count);
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([this, i] { work(workers_[i], static_cast<int>(i)); });
    std::unique_lock guard(mutex_);
    while (running_ > 0) {
      changed_.wait_for(guard, tick_, [&] { return running_ == 0; });
      guard.unlock();
      attend();
      guard.lock();
    }
  }

  void work(Worker& worker, int number) {
    while (const auto item = take(worker, number)) {
      Passage& passage = passages_[*item];
      const auto start = Clock::now();
      auto result = worker.runner->advance(passage, watch_locks_ ? &locks_ : nullptr);
      passage.duration_seconds += std::chrono::duration<double>(Clock::now() - start).count();
      give(worker, *item, std::move(result));
    }
    const std::lock_guard guard(mutex_);
    --running_;
    changed_.notify_all();
  }

  std::optional<std::size_t> take(Worker& worker, int number) {
    std::unique_lock guard(mutex_);
    while (open_ > 0 && !stopping() && number < limit_) {
      if (paused_) {
        changed_.wait_for(guard, kTick);
        continue;
      }
      const auto now = Clock::now();
      const auto due = std::ranges::find_if(delayed_, [&](const Delayed& d) { return d.until <= now; });
      std::optional<std::size_t> item;
      if (due != delayed_.end()) {
        item = due->passage;
        delayed_.erase(due);
      } else if (!ready_.empty()) {
        item = ready_.front();
        ready_.pop_front();
      }
      if (item) {
        worker.at = item;
        worker.since = now;
        worker.pid = worker.runner->backend_pid();
        return item;
      }
      changed_.wait_for(guard, kTick);
    }
    return std::nullopt;
  }

  void give(Worker& worker, std::size_t item, Result<void> result) {
    Passage& passage = passages_[item];
    const std::lock_guard guard(mutex_);
    worker.at.reset();
    if (!result && again(passage, result.error())) {
      ++out_.retries;
      delayed_.push_back({Clock::now() + pause_before(passage.attempts), item});
      return;
    }
    passage.state = result ? (passage.moved_by_others ? StepState::Unneeded : StepState::Done) : StepState::Failed;
    if (!result) passage.error = result.error();
    --open_;
    ++done_;
    failed_ += result ? 0 : 1;
    marks_.push_back({passage.step, passage.state, passage.error ? passage.error->describe() : ""});
    const auto& most = options_.max_failures;
    if (too_many(most, failed_, done_, static_cast<int>(passages_.size())) && out_.stopped.empty())
      out_.stopped = fmt::format("{} of {} schemas tried failed, more than --max-failures {}{}", failed_, done_,
                                 most.value, most.percent ? "%" : "");
    if (passage.error && passage.error->code == ErrorCode::OutOfSpace && out_.stopped.empty())
      out_.stopped = "the server's disk is full";
    changed_.notify_all();
  }

  // Whether this failure is worth another attempt. Under the mutex.
  bool again(const Passage& passage, const Error& error) {
    if (interrupt::stop_requested()) return false;
    if (is_away(error)) {
      const auto now = Clock::now();
      if (now - last_away_ > 10s) away_since_ = now;
      last_away_ = now;
      return now - away_since_ < std::chrono::seconds(options_.wait_seconds);
    }
    if (is_lock_table_full(error) && limit_ > 1) {
      limit_ /= 2;
      out_.workers_reason = "the server's lock table was full";
      return true;
    }
    return error.code == ErrorCode::LockTimeout && passage.attempts < options_.attempts;
  }

  // What the main thread does while the workers work: journal, blockers, progress.
  void attend() {
    Progress now;
    std::map<int, std::string> busy;
    bool long_wait = false;
    {
      const std::lock_guard guard(mutex_);
      for (auto& worker : workers_) {
        if (!worker.at) continue;
        if (worker.pid > 0) busy.emplace(worker.pid, passages_[*worker.at].schema.name);
        long_wait = long_wait || Clock::now() - worker.since > long_wait_;
      }
      now.done = done_;
      now.failed = failed_;
      now.waiting = static_cast<int>(delayed_.size());
    }
    if (long_wait && !busy.empty() && Clock::now() - looked_ > long_wait_) {
      looked_ = Clock::now();
      if (const auto waiting = watcher_.look(side(), busy)) now.waiting += *waiting;
    }
    if (Clock::now() - flushed_ > kJournalEvery) {
      flush_journal(false);
      keep_lock();
    }
    now.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    progress_(now);
  }

  void flush_journal(bool last) {
    flushed_ = Clock::now();
    if (!has_journal()) return;
    {
      const std::lock_guard guard(mutex_);
      unwritten_.insert(unwritten_.end(), marks_.begin(), marks_.end());
      marks_.clear();
    }
    if (unwritten_.empty()) return;
    if (side().is_lost()) return;  // written once the lock is back
    const auto written = journal_.mark(side(), unwritten_);
    if (written) {
      unwritten_.clear();
      journal_error_.reset();
    } else if (last || !side().is_lost()) {
      journal_error_ = written.error();
    }
  }

  void finish_journal() {
    while (true) {
      flush_journal(true);
      if (!side().is_lost() || stopping()) return;
      keep_lock();
      if (side().is_lost()) std::this_thread::sleep_for(kTick);
    }
  }

  // The lock goes with its connection. Until it is back no schema is begun; those under way are safe, because their own
  // rows guard them. Where another has it, or the server stays away for too long, we stop.
  void keep_lock() {
    if (!side().is_lost()) (void)side().execute("SELECT");  // a session that was ended says so when it is asked
    if (!side().is_lost()) return;
    const auto now = Clock::now();
    if (!paused_.exchange(true)) lost_at_ = now;
    act::Options at_once = options_.act;
    at_once.wait_seconds = 0;
    auto again = act::ApplyLock::take(dsn_, at_once, [](std::string_view) {});
    if (again) {
      lock_ = std::move(*again);
      if (!has_journal() || journal_.go_on(side())) {
        paused_ = false;
        return;
      }
    }
    if (now - lost_at_ < std::chrono::seconds(options_.wait_seconds)) return;
    const std::lock_guard guard(mutex_);
    if (out_.stopped.empty())
      out_.stopped = again || is_away(again.error()) ? "the lock was lost, and the server is away"
                                                     : "the lock was lost and another apply has it";
  }

  const postgres::Dsn& dsn_;
  act::ApplyLock& lock_;
  const Options& options_;
  std::vector<Passage>& passages_;
  const std::function<void(const Progress&)>& progress_;
  FleetJournal journal_;
  Run out_;
  LocksSeen locks_;
  Watcher watcher_;
  bool watch_locks_ = false;
  std::atomic<bool> paused_ = false;  // the lock is lost

  std::mutex mutex_;  // everything below, out_, and the passages' states
  std::condition_variable changed_;
  std::vector<Worker> workers_;
  std::deque<std::size_t> ready_;
  std::vector<Delayed> delayed_;
  std::vector<Mark> marks_;
  int limit_ = 1;
  int open_ = 0;
  int running_ = 0;
  int done_ = 0;
  int failed_ = 0;
  Clock::time_point away_since_{};
  Clock::time_point last_away_{};

  // Of the main thread.
  Clock::duration long_wait_{};
  Clock::duration tick_{};
  std::vector<Mark> unwritten_;
  std::optional<Error> journal_error_;
  const Clock::time_point started_ = Clock::now();
  Clock::time_point flushed_ = Clock::now();
  Clock::time_point looked_{};
  Clock::time_point lost_at_{};
};

}  // namespace

Result<Run> run(const Contract& contract, const postgres::Dsn& dsn, act::ApplyLock& lock, const Options& options,
                std::vector<Passage>& passages, const std::function<void(const Progress&)>& progress) {
  return Engine(contract, dsn, lock, options, passages, progress).all();
}

}  // namespace pgcontract::fleet
