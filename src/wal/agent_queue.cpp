#include "wal/agent_queue.hpp"

#include <algorithm>

#include "walg/names.hpp"

namespace pgcontract::wal {
namespace {

constexpr std::chrono::milliseconds kFirstPause{1'000}, kLongestPause{30'000};

bool is_push(const AgentRequest& request) { return request.act == AgentRequest::Act::Push; }

// As the server does it: histories go before all else, then the oldest first.
std::string order_of(const std::string& name) {
  return (walg::wal_file_kind(name) == walg::WalFileKind::History ? "0" : "1") + name;
}

}  // namespace

std::optional<Identity> identity_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino, status.st_size,
                  std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

void AgentQueue::ready(const std::vector<std::string>& names, const std::string& pg_wal) {
  const std::lock_guard lock(mutex_);
  ready_.clear();
  std::map<std::string, Identity> stored;
  for (const auto& name : names) {
    if (const auto at = stored_.find(name); at != stored_.end())
      stored.insert(*at);
    else
      ready_.emplace(order_of(name), AgentRequest{AgentRequest::Act::Push, name, pg_wal + "/" + name});
  }
  stored_ = std::move(stored);
  std::erase_if(trouble_, [&](const auto& each) { return !ready_.contains(order_of(each.first)); });
  changed_.notify_all();
}

bool AgentQueue::is_stored(const std::string& name, const Identity& identity) {
  const std::lock_guard lock(mutex_);
  const auto at = stored_.find(name);
  return at != stored_.end() && at->second == identity;
}

void AgentQueue::ask(Asker asker) {
  const std::lock_guard lock(mutex_);
  asked_.push_back(std::move(asker));
  changed_.notify_all();
}

void AgentQueue::fetch_ahead(AgentRequest request) {
  const std::lock_guard lock(mutex_);
  ahead_ = std::move(request);
  changed_.notify_one();
}

std::optional<Job> AgentQueue::next_job(Clock::time_point now) {
  // Somebody waits for these; a name that is being pushed is answered by whoever pushes it.
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const auto& request = asked_[i].request;
    if (is_push(request) && busy_.contains(request.name)) continue;
    Job job{request};
    if (is_push(request)) {
      busy_.insert(request.name);
      ready_.erase(order_of(request.name));
    } else {
      job.askers.push_back(std::move(asked_[i]));
      asked_.erase(asked_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return job;
  }
  if (ahead_) {
    Job job{*std::move(ahead_), true};
    ahead_.reset();
    return job;
  }
  for (const auto& [order, request] : ready_) {
    const auto trouble = trouble_.find(request.name);
    if (busy_.contains(request.name) || (trouble != trouble_.end() && trouble->second.next > now)) continue;
    Job job{request};
    busy_.insert(request.name);
    ready_.erase(order);
    return job;
  }
  return std::nullopt;
}

std::optional<Job> AgentQueue::take() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopping_) return std::nullopt;
    if (auto job = next_job(Clock::now())) return job;
    changed_.wait_for(lock, std::chrono::milliseconds(500));
  }
}

std::vector<Asker> AgentQueue::done(const Job& job, bool success, std::optional<Identity> identity) {
  std::vector<Asker> askers;
  if (!is_push(job.request)) return askers;
  const std::lock_guard lock(mutex_);
  const auto& name = job.request.name;
  busy_.erase(name);
  if (success && identity) stored_[name] = *identity;
  if (success) {
    trouble_.erase(name);
    ready_.erase(order_of(name));  // perhaps seen again meanwhile
  } else {
    const auto before = trouble_.find(name);
    const auto pause = before == trouble_.end() ? kFirstPause : std::min(before->second.pause * 2, kLongestPause);
    trouble_[name] = {Clock::now() + pause, pause};
    ready_.emplace(order_of(name), job.request);
  }
  const auto mine = std::stable_partition(asked_.begin(), asked_.end(), [&](const Asker& asker) {
    return !(is_push(asker.request) && asker.request.name == name);
  });
  std::move(mine, asked_.end(), std::back_inserter(askers));
  asked_.erase(mine, asked_.end());
  changed_.notify_all();
  return askers;
}

void AgentQueue::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

bool AgentQueue::has_room() {
  const std::lock_guard lock(mutex_);
  return ready_.size() < kMost / 2;
}

}  // namespace pgcontract::wal
