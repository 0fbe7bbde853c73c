#include "store/s3.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <random>
#include <utility>

#include "base/interrupt.hpp"
#include "store/digest.hpp"
#include "store/name.hpp"

namespace pgcontract::store {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{10'000};
constexpr milliseconds kCleaningUp{5'000};
constexpr int kMostMoves = 2;  // redirects and other regions within one request
constexpr std::int64_t kNoClock = std::numeric_limits<std::int64_t>::min();
constexpr std::string_view kAwsDomain = ".amazonaws.com";

// Half of it certain and half by chance, so that many who failed together do not come back together.
milliseconds jittered(milliseconds pause) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return pause / 2 + milliseconds(std::uniform_int_distribution<long>(0, pause.count() / 2)(random));
}

// False where the user aborted meanwhile.
bool wait(milliseconds pause) {
  pollfd waiting{interrupt::abort_fd(), POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(pause.count()));
  return !interrupt::abort_requested();
}

milliseconds asked_pause(const HttpAnswer& answer) {
  const std::string text = answer.header("retry-after");
  long seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::clamp(seconds, 0L, 60L));
}

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

struct Endpoint {
  std::string scheme;
  std::string host;  // with the port, unless it is the scheme's own
};
Endpoint endpoint_of(const std::string& url) {
  const auto scheme_end = url.find("://");
  Endpoint endpoint{url.substr(0, scheme_end), url.substr(scheme_end + 3)};
  while (endpoint.host.ends_with('/')) endpoint.host.pop_back();
  const std::string_view own = endpoint.scheme == "https" ? ":443" : ":80";
  if (endpoint.host.ends_with(own)) endpoint.host.erase(endpoint.host.rfind(own));
  return endpoint;
}

}  // namespace

S3Store::S3Store(S3Settings settings, std::unique_ptr<Keyring> keyring, const Limits& limits)
    : settings_(std::move(settings)),
      keyring_(std::move(keyring)),
      limits_(limits),
      http_(limits, settings_.ca_file),
      region_(settings_.region.empty() ? "us-east-1" : settings_.region),
      clock_ahead_seconds_(kNoClock) {}

std::string S3Store::describe() const {
  const std::string where = settings_.endpoint.empty() ? "AWS, " + place().region : settings_.endpoint;
  return fmt::format("s3://{}{}{} at {}", settings_.bucket, settings_.prefix.empty() ? "" : "/", settings_.prefix,
                     where);
}

std::optional<std::chrono::seconds> S3Store::clock_ahead() const {
  const std::int64_t ahead = clock_ahead_seconds_;
  return ahead == kNoClock ? std::nullopt : std::optional(std::chrono::seconds(ahead));
}

S3Store::Place S3Store::place() const {
  const std::lock_guard lock(mutex_);
  Place place;
  place.region = region_;
  Endpoint endpoint{"https", fmt::format("s3.{}{}", region_, kAwsDomain)};
  if (!settings_.endpoint.empty()) endpoint = endpoint_of(settings_.endpoint);
  place.host = settings_.virtual_host ? fmt::format("{}.{}", settings_.bucket, endpoint.host) : endpoint.host;
  if (!redirected_.empty()) place.host = redirected_;
  place.base = fmt::format("{}://{}", endpoint.scheme, place.host);
  return place;
}

// A redirect is followed to another region, and to another host only of AWS's own: requests signed with our keys go to
// nobody whom an answer merely names.
bool S3Store::learn(const S3Error& error) {
  const std::lock_guard lock(mutex_);
  bool changed = false;
  const bool plain = std::all_of(error.region.begin(), error.region.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (!error.region.empty() && plain && error.region != region_) {
    region_ = error.region;
    changed = true;
  }
  if (settings_.endpoint.empty() && error.endpoint.ends_with(kAwsDomain) && error.endpoint != redirected_ &&
      error.endpoint.find_first_of("/@:?#") == std::string::npos && settings_.virtual_host) {
    redirected_ = error.endpoint;
    changed = true;
  }
  return changed;
}

std::string S3Store::key_of(const std::string& name) const {
  return settings_.prefix.empty() ? name : settings_.prefix + "/" + name;
}

std::string S3Store::path_of(const std::string& name) const {
  const std::string key = name.empty() ? "" : percent_encoded(key_of(name), true);
  return settings_.virtual_host ? "/" + key : fmt::format("/{}{}{}", settings_.bucket, key.empty() ? "" : "/", key);
}

Exchange S3Store::send(const Call& call, const Credentials& credentials, const Place& place) {
  Signable signable{.method = call.method,
                    .path = path_of(call.name),
                    .query = call.query,
                    .headers = call.headers,
                    .payload_sha256 = call.payload_sha256.empty() ? hex(raw_sha256(call.body)) : call.payload_sha256};
  const std::string date = amz_date(wall_clock());
  signable.headers.emplace_back("x-amz-date", date);
  signable.headers.emplace_back("x-amz-content-sha256", signable.payload_sha256);
  if (!credentials.session_token.empty())
    signable.headers.emplace_back("x-amz-security-token", credentials.session_token.reveal());
  signable.headers.emplace_back("host", place.host);
  std::string signature = authorization(signable, credentials, {.region = place.region}, date);
  signable.headers.emplace_back("authorization", std::move(signature));
  const std::string query = query_text(call.query);
  HttpRequest request{.method = call.method,
                      .url = place.base + signable.path + (query.empty() ? "" : "?" + query),
                      .headers = std::move(signable.headers),
                      .body = call.body,
                      .sink = call.sink,
                      .on_head = call.on_head,
                      .despite_abort = call.despite_abort};
  Exchange exchange = http_.perform(request);
  if (const auto theirs = http_date(exchange.answer.header("date")); theirs && *theirs > std::chrono::sys_seconds{})
    clock_ahead_seconds_ = (*theirs - wall_clock()).count();
  return exchange;
}

Result<S3Store::Reply> S3Store::call(const Call& call) {
  const auto began = Clock::now();
  const auto give_up = began + (call.despite_abort ? kCleaningUp : limits_.retry_for);
  const std::string what =
      fmt::format("{} {}", call.method, shown_name(call.name.empty() ? settings_.bucket : call.name));
  milliseconds pause = kFirstPause;
  bool renewed = false;
  int moves = 0;
  for (int attempt = 1;; ++attempt) {
    PGC_TRY(const Credentials credentials, keyring_->current());
    Exchange exchange = send(call, credentials, place());
    HttpAnswer& answer = exchange.answer;
    Remedy remedy = Remedy::Wait;
    Error error;
    if (exchange.fault) {
      error = exchange.fault->error;
      // What the sink has had cannot be had back: get() goes on from there.
      if (!exchange.fault->passing || answer.delivered > 0) return fail(std::move(error));
    } else {
      S3Error said;
      const bool success = answer.status >= 200 && answer.status < 300;
      if (!success || call.success_may_be_an_error) said = s3_error(answer);
      if (success && said.code.empty()) return Reply{std::move(answer), attempt};
      if (success) answer.status = 500;
      remedy = remedy_of(answer, said);
      error = error_of(answer, said, what, wall_clock());
      if (remedy == Remedy::Region) {
        if (moves++ < kMostMoves && learn(said)) continue;
        return fail(std::move(error));
      }
    }
    if (remedy == Remedy::Credentials && !renewed) {
      renewed = true;
      PGC_TRY(const bool others, keyring_->renewed(credentials));
      if (others) continue;
    }
    if (remedy != Remedy::Wait) return fail(std::move(error));
    const milliseconds next = std::max(jittered(pause), asked_pause(answer));
    if (Clock::now() + next > give_up) {
      error.message += fmt::format("; tried {} times in {} s", attempt,
                                   std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - began).count());
      return fail(std::move(error));
    }
    if (!wait(next) && !call.despite_abort) return fail(ErrorCode::Cancelled, "stopped");
    pause = std::min(pause * 2, kLongestPause);
  }
}

Result<Object> S3Store::head(const std::string& name) {
  PGC_CHECK(check_name(name));
  PGC_TRY(const Reply reply, call({.method = "HEAD", .name = name, .headers = {{"x-amz-checksum-mode", "ENABLED"}}}));
  return object_of(reply.answer, name);
}

Result<void> S3Store::remove(const std::string& name) {
  PGC_CHECK(check_name(name));
  const auto reply = call({.method = "DELETE", .name = name});
  if (!reply && reply.error().code == ErrorCode::NotFound && reply.error().hint.empty()) return {};
  if (!reply) return fail(reply.error());
  return {};
}

Result<void> S3Store::list(const std::string& prefix, const std::string& after, const Visitor& visitor) {
  const std::string root = settings_.prefix.empty() ? "" : settings_.prefix + "/";
  Pairs query = {{"list-type", "2"}, {"prefix", root + prefix}, {"encoding-type", "url"}};
  query.emplace_back("max-keys", fmt::format("{}", limits_.page_size));
  if (!after.empty()) query.emplace_back("start-after", root + after);
  std::string last = after.empty() ? std::string() : root + after;
  for (std::string token;;) {
    Pairs paged = query;
    if (!token.empty()) paged.emplace_back("continuation-token", token);
    PGC_TRY(const Reply reply, call({.method = "GET", .query = std::move(paged)}));
    PGC_TRY(ListPage page, list_page(reply.answer.body));
    for (auto& object : page.objects) {
      if (!object.name.starts_with(root + prefix))
        return fail(ErrorCode::Server, fmt::format("the store listed {}, which is not below {}",
                                                   shown_name(object.name), shown_name(root + prefix)));
      // A name twice, or a page that begins again: without this a listing could go on for ever.
      if (!last.empty() && object.name <= last)
        return fail(ErrorCode::Server,
                    fmt::format("the store listed {} after {}", shown_name(object.name), shown_name(last)),
                    "Listings must come in the order of names; this store's do not.");
      last = object.name;
      object.name.erase(0, root.size());
      if (object.name.empty() || (object.name.ends_with('/') && object.size == 0)) continue;  // a console's "folder"
      if (auto good = check_name(object.name); !good) {
        good.error().hint = "No program of ours gives such a name: find out who did, and remove the object.";
        return good;
      }
      PGC_TRY(const bool more, visitor(object));
      if (!more) return {};
    }
    if (page.next.empty()) return {};
    token = std::move(page.next);
  }
}

}  // namespace pgcontract::store
