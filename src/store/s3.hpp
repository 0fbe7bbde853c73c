#pragma once
// Objects in a bucket of an S3 server, below a prefix. Requests are repeated with growing, jittered pauses while what
// fails is passing; keys that expire are read again, a bucket elsewhere is followed. See store.hpp for what is
// promised.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "store/credentials.hpp"
#include "store/http.hpp"
#include "store/s3_answer.hpp"
#include "store/store.hpp"

namespace pgcontract::store {

struct S3Settings {
  std::string bucket;
  std::string prefix;         // without / at its ends; may be empty
  std::string endpoint;       // "https://minio:9000"; empty: AWS
  std::string region;         // empty: us-east-1 until the server names another
  bool virtual_host = false;  // bucket.host instead of host/bucket
  std::string ca_file;
};

class S3Store : public Store {
 public:
  S3Store(S3Settings settings, std::unique_ptr<Keyring> keyring, const Limits& limits);

  Result<Stored> put(const std::string& name, const Source& source, const PutOptions& options) override;
  Result<Got> get(const std::string& name, const Range& range, const Sink& sink) override;
  Result<Object> head(const std::string& name) override;
  Result<void> list(const std::string& prefix, const std::string& after, const Visitor& visitor) override;
  Result<void> remove(const std::string& name) override;
  std::string describe() const override;
  std::optional<std::chrono::seconds> clock_ahead() const override;

 private:
  struct Call {
    std::string method;
    std::string name = {};  // of the object; empty: the bucket itself
    Pairs query = {};
    Pairs headers = {};
    std::string_view body = {};
    std::string payload_sha256 = {};  // hexadecimal; empty: computed from the body
    const Sink* sink = nullptr;
    std::function<Result<void>(const HttpAnswer&)> on_head = {};
    bool despite_abort = false;
    bool success_may_be_an_error = false;  // CompleteMultipartUpload: 200, and then <Error>
  };
  struct Reply {
    HttpAnswer answer;
    int attempts = 1;
  };
  struct Place {       // of the endpoint, as the requests of now see it
    std::string base;  // "https://bucket.s3.eu-west-1.amazonaws.com"
    std::string host;
    std::string region;
  };
  class Upload;

  Result<Reply> call(const Call& call);
  Exchange send(const Call& call, const Credentials& credentials, const Place& place);
  Place place() const;
  bool learn(const S3Error& error);
  std::string key_of(const std::string& name) const;
  std::string path_of(const std::string& name) const;

  Result<Stored> put_whole(const std::string& name, std::string_view body, const PutOptions& options);
  // Whether what is there has this content; reads it where its digests do not tell.
  Result<Stored> same_content(const std::string& name, std::uint64_t size, const std::string& sha256);

  S3Settings settings_;
  std::unique_ptr<Keyring> keyring_;
  Limits limits_;
  Http http_;
  mutable std::mutex mutex_;
  std::string region_;
  std::string redirected_;             // the host AWS sent us to
  std::atomic<bool> checksums_{true};  // the server takes x-amz-checksum-sha256
  std::atomic<std::int64_t> clock_ahead_seconds_;
};

// The MD5 that an ETag is, in hexadecimal; empty where it is none: an encrypted object's is not, nor that of parts.
std::string md5_of(const HttpAnswer& answer, const std::string& etag);

}  // namespace pgcontract::store
