#pragma once
// Hands WAL to a scratch server that recovers: its restore_command is a few lines of shell that ask this process, which
// fetches from the store, decodes and checks each segment before the server sees it, and stays some segments ahead.
// So the scratch server needs no keys of the store, no contract and no network; why a segment could not be had is known
// in our words; and what is not certain to be absent stops the recovery instead of ending it early. Owns one thread
// from start() to its destruction; the Store must outlive it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "store/store.hpp"
#include "walg/codec.hpp"

namespace pgcontract::restore {

struct FeedRequest {
  std::string folder;  // made here; the server's user must be able to enter the one above
  walg::Seal seal;
  std::uint64_t segment_size = 0;
  std::uint64_t system_identifier = 0;  // 0: any
  int ahead = 4;                        // segments fetched before they are asked for
};

struct Fed {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;   // of segments, decoded
  double fetch_seconds = 0;  // spent on them
  std::string last;          // the newest segment handed over
};

class WalFeed {
 public:
  static Result<std::unique_ptr<WalFeed>> start(store::Store& store, const FeedRequest& request);
  virtual ~WalFeed() = default;
  virtual std::string restore_command() const = 0;
  // Why a segment was refused; the recovery cannot go on then.
  virtual std::optional<Error> error() const = 0;
  virtual Fed fed() const = 0;
};

}  // namespace pgcontract::restore
