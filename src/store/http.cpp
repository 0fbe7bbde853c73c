#include "store/http.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "base/interrupt.hpp"

namespace pgcontract::store {
namespace {

constexpr std::size_t kMaxBody = std::size_t{16} << 20;  // a page of a listing has 1000 names of 1 kB at most
constexpr std::size_t kMaxHeaders = 200;

// One exchange as libcurl's callbacks see it.
struct Running {
  const HttpRequest* request = nullptr;
  Exchange exchange;
  std::size_t sent = 0;
  bool head_seen = false;
  std::optional<Error> refused;  // by the sink or on_head
  bool too_large = false;
};

bool goes_to_sink(const Running& running) {
  const int status = running.exchange.answer.status;
  return running.request->sink != nullptr && (status == 200 || status == 206);
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* context) {
  auto& answer = static_cast<Running*>(context)->exchange.answer;
  std::string_view line(data, size * count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // also after a 100: what came before does not count
    answer.headers.clear();
    const auto blank = line.find(' ');
    answer.status = blank == line.npos ? 0 : std::atoi(std::string(line.substr(blank + 1, 3)).c_str());
    return size * count;
  }
  const auto colon = line.find(':');
  if (colon == line.npos || answer.headers.size() >= kMaxHeaders) return size * count;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto first = line.find_first_not_of(" \t", colon + 1);
  answer.headers[name] = first == line.npos ? std::string() : std::string(line.substr(first));
  return size * count;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* context) {
  auto& running = *static_cast<Running*>(context);
  auto& answer = running.exchange.answer;
  const std::string_view bytes(data, size * count);
  if (!goes_to_sink(running)) {
    running.too_large = answer.body.size() + bytes.size() > kMaxBody;
    if (running.too_large) return 0;
    answer.body.append(bytes);
    return bytes.size();
  }
  Result<void> taken;
  if (!running.head_seen && running.request->on_head) taken = running.request->on_head(answer);
  running.head_seen = true;
  if (taken) taken = (*running.request->sink)(bytes);
  if (!taken) {
    running.refused = taken.error();
    return 0;
  }
  answer.delivered += bytes.size();
  return bytes.size();
}

std::size_t on_read(char* into, std::size_t size, std::size_t count, void* context) {
  auto& running = *static_cast<Running*>(context);
  const std::string_view rest = running.request->body.substr(running.sent);
  const std::size_t taken = std::min(rest.size(), size * count);
  std::memcpy(into, rest.data(), taken);
  running.sent += taken;
  return taken;
}

// libcurl sends the body again where a kept-alive connection turns out to be dead.
int on_seek(void* context, curl_off_t offset, int) {
  static_cast<Running*>(context)->sent = static_cast<std::size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return !static_cast<Running*>(context)->request->despite_abort && interrupt::abort_requested() ? 1 : 0;
}

bool is_passing(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_AGAIN: return true;
    default: return false;
  }
}

Fault fault_of(CURLcode code, const char* detail, const Running& running) {
  if (running.refused) return {*running.refused, false};
  if (running.too_large)
    return {Error{ErrorCode::Server, "the store's answer is larger than any it should give", {}, {}, {}, {}}, false};
  if (code == CURLE_ABORTED_BY_CALLBACK) return {Error{ErrorCode::Cancelled, "stopped", {}, {}, {}, {}}, false};
  Error error;
  error.message =
      fmt::format("no whole answer from the store: {}", *detail != '\0' ? detail : curl_easy_strerror(code));
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      error.code = ErrorCode::Refused;
      error.hint =
          "Its certificate is not one this machine trusts: name the authority's file with backup.ca_file in the "
          "contract.";
      break;
    case CURLE_OPERATION_TIMEDOUT:
      error.code = ErrorCode::Timeout;
      error.hint = "The store or the network is slow: try again, or look at the store's own state.";
      break;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE: error.code = ErrorCode::ConnectionLost; break;
    default:
      error.code = ErrorCode::Unreachable;
      error.hint = "Check that the store runs, and backup.endpoint in the contract.";
  }
  return {std::move(error), is_passing(code)};
}

}  // namespace

struct Http::Handle {
  CURL* curl = curl_easy_init();
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { curl_easy_cleanup(curl); }
};

Http::Http(const Limits& limits, std::string ca_file) : limits_(limits), ca_file_(std::move(ca_file)) {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(once);
}
Http::~Http() = default;

std::unique_ptr<Http::Handle> Http::take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Handle>();
  auto handle = std::move(idle_.back());
  idle_.pop_back();
  return handle;
}

Exchange Http::perform(const HttpRequest& request) {
  auto handle = take();
  CURL* curl = handle->curl;
  Running running{
      .request = &request, .exchange = {}, .sent = 0, .head_seen = false, .refused = {}, .too_large = false};
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_slist* headers = nullptr;
  // No "Expect: 100-continue": it costs a round trip, and what is refused is at most one part.
  for (const char* plain : {"Expect:", "Accept:", "Content-Type:"}) headers = curl_slist_append(headers, plain);
  for (const auto& [name, value] : request.headers)
    headers = curl_slist_append(headers, fmt::format("{}: {}", name, value).c_str());

  curl_easy_reset(curl);  // keeps the connection
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);  // what was signed is what is sent
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca_file_.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file_.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L * 1024);
  curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(limits_.stall_timeout.count() / 1000)));
  if (request.despite_abort) curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &running);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &running);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &running);
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, &running);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, &running);
  }
  if (request.method != "HEAD") curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());

  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  if (code != CURLE_OK) running.exchange.fault = fault_of(code, detail.data(), running);
  // An empty object: no byte came, so nobody saw the head yet.
  if (code == CURLE_OK && goes_to_sink(running) && !running.head_seen && request.on_head)
    if (auto seen = request.on_head(running.exchange.answer); !seen)
      running.exchange.fault = Fault{seen.error(), false};
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(handle));
  return std::move(running.exchange);
}

std::optional<std::chrono::sys_seconds> http_date(const std::string& text) {
  const std::time_t at = curl_getdate(text.c_str(), nullptr);
  if (at < 0) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(at));
}

}  // namespace pgcontract::store
