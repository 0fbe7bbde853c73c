#pragma once
// Where the keys of an object store come from, and how they are had anew when they expire in the middle of a long run.
//   env           AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, or the file that
//                 AWS_SHARED_CREDENTIALS_FILE names
//   file:PATH     AWS's format, the section that AWS_PROFILE names, else [default]
//   folder:PATH   a mounted secret: one file for each key
// A Keyring owns the keys it read last; any thread may ask it.

#include <mutex>
#include <string>

#include "base/result.hpp"
#include "store/sigv4.hpp"

namespace pgcontract::store {

class Keyring {
 public:
  // `source` as above, "" is env; a relative path starts at `directory`.
  Keyring(std::string source, std::string directory) : source_(std::move(source)), directory_(std::move(directory)) {}

  Result<Credentials> current();
  // The store refused `refused`: reads again. True where there are others now (perhaps another thread's reading).
  Result<bool> renewed(const Credentials& refused);
  const std::string& source() const { return source_; }

 private:
  Result<Credentials> read() const;

  std::string source_;
  std::string directory_;
  std::mutex mutex_;
  bool known_ = false;
  Credentials credentials_;
};

// One section of a shared credentials file, for tests. `where` is the place for messages.
Result<Credentials> parse_shared_credentials(std::string_view text, std::string_view profile, const std::string& where);

}  // namespace pgcontract::store
