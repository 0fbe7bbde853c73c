#include "backup/read_part.hpp"

namespace pgcontract::backup {
namespace {

// `finish` is asked after the last byte.
Result<ReadObject> read(store::Store& store, walg::Seal seal, const std::string& key, const store::Sink& plain,
                        const std::function<Result<void>()>& finish, const std::function<void(std::uint64_t)>& stored) {
  seal.compression = walg::compression_of(key);
  PGC_TRY(auto decoder, walg::Decoder::make(seal, plain));
  std::optional<Error> broken;
  // What is broken is read to its end all the same: the object's own hash tells whether its bytes have changed.
  const auto got = store.get(key, {}, [&](std::string_view bytes) -> Result<void> {
    if (stored) stored(bytes.size());
    if (broken) return {};
    if (auto added = decoder.add(bytes); !added) broken = added.error();
    return {};
  });
  ReadObject object;
  if (!got && got.error().code != ErrorCode::NotFound) return fail(got.error());
  if (!got) {
    object.problem = "it is missing";
    return object;
  }
  if (!broken)
    if (auto finished = decoder.finish(); !finished) broken = finished.error();
  if (!broken)
    if (auto finished = finish(); !finished) broken = finished.error();
  object.size = got->object.size;
  object.sha256 = got->sha256;
  if (broken) object.problem = broken->message;
  if (broken && broken->code == ErrorCode::Cancelled) return fail(*broken);
  return object;
}

}  // namespace

Result<ReadObject> read_decoded(store::Store& store, const walg::Seal& seal, const std::string& key,
                                const store::Sink& plain, const std::function<void(std::uint64_t)>& stored) {
  return read(store, seal, key, plain, [] { return Result<void>{}; }, stored);
}

Result<ReadObject> read_part(store::Store& store, const walg::Seal& seal, const std::string& key,
                             walg::TarVisitor visitor, const std::function<void(std::uint64_t)>& stored) {
  walg::TarReader reader(std::move(visitor));
  return read(
      store, seal, key, [&](std::string_view bytes) { return reader.add(bytes); }, [&] { return reader.finish(); },
      stored);
}

}  // namespace pgcontract::backup
