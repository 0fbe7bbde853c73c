#pragma once
// The door of store/: where backups are kept, as a handful of acts on named objects. Two adaptors stand behind it, a
// local folder and S3; which one follows from the contract (open_store). An object is whole or it is not there, and no
// put() says "stored" before the store itself agreed on size and, where it can tell, on content. The caller owns a
// Store; any number of threads may use one at a time. Every wait ends at a deadline or when the user aborts.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "model/contract.hpp"

namespace pgcontract::store {

// Where the bytes of an object come from: fills some of `into` and says how many; 0 is the end. Called by one thread.
using Source = std::function<Result<std::size_t>(std::span<char> into)>;
// Where they go to. An Error of it ends the transfer and is handed to the caller.
using Sink = std::function<Result<void>(std::string_view bytes)>;

struct Object {
  std::string name;  // below the store's prefix: "wal_005/000000010000000000000001.lz4"
  std::uint64_t size = 0;
  std::string etag;    // the store's own mark of this content; empty: it has none
  std::string sha256;  // of the whole, hexadecimal, where the store knows it; else empty
  Instant modified{};
};

// What a store's answer agreed with besides the size. A folder has only the size to offer.
enum class Agreed { Sha256, Md5, Size };
std::string_view to_string(Agreed agreed);

struct Stored {
  std::uint64_t size = 0;
  std::string sha256;  // of all that was put, hexadecimal
  std::string etag;
  Agreed agreed = Agreed::Size;
  bool was_there = false;  // if_absent: the same content was there before
};

struct PutOptions {
  // Where there is an object of this name: the same content is success (`was_there`), other content is a Conflict.
  bool if_absent = false;
  std::uint64_t expected_size = 0;  // 0: not known. Only chooses the size of parts and buffers
};

struct Range {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length = {};  // nothing: to the end
};

struct Got {
  Object object;       // as the store describes it
  std::string sha256;  // of the bytes that were delivered, hexadecimal
  Agreed agreed = Agreed::Size;
};

// Called for each object in the order of names' bytes; false ends the listing.
using Visitor = std::function<Result<bool>(const Object& object)>;

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  virtual Result<Stored> put(const std::string& name, const Source& source, const PutOptions& options) = 0;
  // The sink may have had bytes when this fails: they are of no use then.
  virtual Result<Got> get(const std::string& name, const Range& range, const Sink& sink) = 0;
  virtual Result<Object> head(const std::string& name) = 0;  // NotFound
  // Objects whose names begin with `prefix` ("": all) and come after `after`.
  virtual Result<void> list(const std::string& prefix, const std::string& after, const Visitor& visitor) = 0;
  virtual Result<void> remove(const std::string& name) = 0;  // success where there is none
  // "s3://bucket/prefix at https://minio:9000", never a secret.
  virtual std::string describe() const = 0;
  // How far the store's clock is ahead of ours, once it answered; nothing where it has none of its own.
  virtual std::optional<std::chrono::seconds> clock_ahead() const { return std::nullopt; }
};

// How patient a store is, and how much memory an upload takes.
struct Limits {
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};  // without a byte in either direction
  std::chrono::milliseconds retry_for{120'000};     // one request, with all its repetitions
  std::size_t part_size = std::size_t{16} << 20;    // held in memory by each put(); at least 5 MiB
  int page_size = 1000;                             // names in one answer to a listing
};

// The store that `location` names: s3://bucket/prefix, file:///path, or a folder relative to `directory`.
Result<std::unique_ptr<Store>> open_store(const StoreLocation& location, const std::string& directory,
                                          const Limits& limits = {});

// Small objects from and to memory.
Result<Stored> put_text(Store& store, const std::string& name, std::string_view text, const PutOptions& options = {});
Result<std::string> get_text(Store& store, const std::string& name, std::size_t limit, const Range& range = {});

}  // namespace pgcontract::store
