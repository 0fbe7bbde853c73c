#pragma once
// What an S3 server says, read strictly: its errors with what to do next, the pages of a listing, the id of a multipart
// upload. The only file that knows the XML library. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/http.hpp"
#include "store/store.hpp"

namespace pgcontract::store {

// <Error> of a body, or what stands in for one where a HEAD has no body. Empty code: the answer is no error.
struct S3Error {
  std::string code;
  std::string message;
  std::string request_id;
  std::string region;    // where the bucket is, if the server says
  std::string endpoint;  // of a redirect
};
S3Error s3_error(const HttpAnswer& answer);

// What to do about an answer that is not a success.
enum class Remedy {
  None,         // it stays refused
  Wait,         // passing: the same again later
  Credentials,  // perhaps there are newer keys
  Region,       // sign for the region it names
};
Remedy remedy_of(const HttpAnswer& answer, const S3Error& error);

// "the store answered 403 AccessDenied to PUT x: message (request 17A…)", with a hint. `ours` is this machine's clock.
Error error_of(const HttpAnswer& answer, const S3Error& error, const std::string& what, std::chrono::sys_seconds ours);

struct ListPage {
  std::vector<Object> objects;  // with whole keys for names
  std::string next;             // the token of the next page; empty: this was the last
};
Result<ListPage> list_page(const std::string& body);
Result<std::string> upload_id(const std::string& body);
Result<std::string> completed_etag(const std::string& body);

// The size, etag, digest and date of an answer's headers.
Result<Object> object_of(const HttpAnswer& answer, const std::string& name);

}  // namespace pgcontract::store
