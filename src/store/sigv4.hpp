#pragma once
// AWS Signature Version 4: the Authorization header of one request. Our own because libcurl's signs queries wrongly
// that S3 needs (doc/decisions/0014-stores.md). Checked against AWS's published examples and against botocore. Pure;
// any thread.

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.hpp"

namespace pgcontract::store {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Credentials {
  std::string access_key;
  SecretString secret_key;
  SecretString session_token;  // empty: none
};

struct Signable {
  std::string method;
  std::string path;            // as it goes over the wire, percent-encoded: "/bucket/a%20b"
  Pairs query;                 // decoded names and values
  Pairs headers;               // all that are to be signed, `host` among them
  std::string payload_sha256;  // hexadecimal, or UNSIGNED-PAYLOAD
};

struct Scope {
  std::string region;
  std::string service = "s3";
};

// RFC 3986: everything but letters, digits and -._~ (and / where `keep_slash`).
std::string percent_encoded(std::string_view text, bool keep_slash);
// "a=1&b=", sorted as the signature wants it; this very text must be what is sent.
std::string query_text(const Pairs& query);
// 20261123T091500Z
std::string amz_date(std::chrono::sys_seconds at);

std::string canonical_request(const Signable& request);
// The value of the header Authorization. `date` is that of the header x-amz-date.
std::string authorization(const Signable& request, const Credentials& credentials, const Scope& scope,
                          std::string_view date);

}  // namespace pgcontract::store
