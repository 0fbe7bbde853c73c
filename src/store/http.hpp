#pragma once
// One HTTP exchange over a kept-alive connection: the only file that knows libcurl. It repeats nothing and follows no
// redirect: what an answer means is for s3.cpp. An Http owns its connections; any thread may use it, each exchange
// takes a connection for itself.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/sigv4.hpp"
#include "store/store.hpp"

namespace pgcontract::store {

struct HttpAnswer {
  int status = 0;                                           // 0: none came
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case
  std::string body;                                         // what did not go to a sink; bounded
  std::uint64_t delivered = 0;                              // bytes the sink took
  std::string header(std::string_view name) const {
    const auto at = headers.find(name);
    return at == headers.end() ? std::string() : at->second;
  }
};

struct HttpRequest {
  std::string method;
  std::string url;
  Pairs headers;
  std::string_view body = {};
  const Sink* sink = nullptr;                              // for the body of an answer 200 or 206
  std::function<Result<void>(const HttpAnswer&)> on_head;  // its headers, before the first byte goes to the sink
  bool despite_abort = false;                              // cleaning up: seconds only
};

struct Fault {
  Error error;
  bool passing = false;  // another try may go well
};

struct Exchange {
  HttpAnswer answer;
  std::optional<Fault> fault;  // the answer did not come, or not whole
};

class Http {
 public:
  Http(const Limits& limits, std::string ca_file);
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  Exchange perform(const HttpRequest& request);

 private:
  struct Handle;
  std::unique_ptr<Handle> take();

  Limits limits_;
  std::string ca_file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;
};

// The header Date of an answer, or nothing.
std::optional<std::chrono::sys_seconds> http_date(const std::string& text);

}  // namespace pgcontract::store
