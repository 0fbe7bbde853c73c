#include "walg/codec.hpp"

#include <fmt/format.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zstd.h>

#include <cstring>
#include <optional>
#include <vector>

#include "walg/seal.hpp"

namespace pgcontract::walg {
namespace {

constexpr std::size_t kBuffer = std::size_t{256} << 10;
constexpr int kLargestWindowLog = 27;  // 128 MiB: what a hostile frame may make us hold

Failure broken(std::string_view what, std::string_view detail) {
  return fail(ErrorCode::InvalidInput, fmt::format("an object is not whole {} data: {}", what, detail),
              "Its bytes were cut off or changed since they were written.");
}

// A coder of one direction: takes `in`, appends to `out`.
class Coder {
 public:
  Coder() = default;
  Coder(const Coder&) = delete;
  Coder& operator=(const Coder&) = delete;
  virtual ~Coder() = default;
  virtual Result<void> add(std::string_view in, std::vector<char>& out) = 0;
  virtual Result<void> end(std::vector<char>& out) = 0;
};

class ZstdEncoder : public Coder {
 public:
  explicit ZstdEncoder(int level) : context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }
  Result<void> add(std::string_view in, std::vector<char>& out) override { return run(in, out, ZSTD_e_continue); }
  Result<void> end(std::vector<char>& out) override { return run({}, out, ZSTD_e_end); }

 private:
  Result<void> run(std::string_view in, std::vector<char>& out, ZSTD_EndDirective how) {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    for (;;) {
      const std::size_t used = out.size();
      out.resize(used + ZSTD_CStreamOutSize());
      ZSTD_outBuffer output{out.data() + used, out.size() - used, 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &output, &input, how);
      out.resize(used + output.pos);
      if (ZSTD_isError(left)) return fail(ErrorCode::Bug, fmt::format("zstd: {}", ZSTD_getErrorName(left)));
      if (how == ZSTD_e_end ? left == 0 : input.pos == input.size) return {};
    }
  }
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
};

class ZstdDecoder : public Coder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kLargestWindowLog);
  }
  Result<void> add(std::string_view in, std::vector<char>& out) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    for (bool full = false; input.pos < input.size || full;) {
      const std::size_t used = out.size();
      out.resize(used + ZSTD_DStreamOutSize());
      ZSTD_outBuffer output{out.data() + used, out.size() - used, 0};
      const std::size_t left = ZSTD_decompressStream(context_.get(), &output, &input);
      full = output.pos == output.size;
      out.resize(used + output.pos);
      if (ZSTD_isError(left)) return broken("zstd", ZSTD_getErrorName(left));
      whole_ = left == 0;
      if (whole_) full = false;
    }
    return {};
  }
  Result<void> end(std::vector<char>&) override {
    return whole_ ? Result<void>{} : Result<void>(broken("zstd", "it ends within a frame"));
  }

 private:
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  bool whole_ = false;
};

class Lz4Encoder : public Coder {
 public:
  explicit Lz4Encoder(int level) {
    LZ4F_createCompressionContext(&context_, LZ4F_VERSION);
    preferences_.compressionLevel = level;
    preferences_.frameInfo.blockSizeID = LZ4F_max4MB;  // as wal-g writes them
    preferences_.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    preferences_.frameInfo.blockMode = LZ4F_blockIndependent;
  }
  ~Lz4Encoder() override { LZ4F_freeCompressionContext(context_); }
  Result<void> add(std::string_view in, std::vector<char>& out) override {
    PGC_CHECK(begin(out));
    return step(out, LZ4F_compressBound(in.size(), &preferences_), [&](char* to, std::size_t room) {
      return LZ4F_compressUpdate(context_, to, room, in.data(), in.size(), nullptr);
    });
  }
  Result<void> end(std::vector<char>& out) override {
    PGC_CHECK(begin(out));
    return step(out, LZ4F_compressBound(0, &preferences_),
                [&](char* to, std::size_t room) { return LZ4F_compressEnd(context_, to, room, nullptr); });
  }

 private:
  Result<void> begin(std::vector<char>& out) {
    if (begun_) return {};
    begun_ = true;
    return step(out, LZ4F_HEADER_SIZE_MAX,
                [&](char* to, std::size_t room) { return LZ4F_compressBegin(context_, to, room, &preferences_); });
  }
  template <typename Act>
  Result<void> step(std::vector<char>& out, std::size_t room, const Act& act) {
    const std::size_t used = out.size();
    out.resize(used + room);
    const std::size_t made = act(out.data() + used, room);
    if (LZ4F_isError(made)) return fail(ErrorCode::Bug, fmt::format("lz4: {}", LZ4F_getErrorName(made)));
    out.resize(used + made);
    return {};
  }
  LZ4F_cctx* context_ = nullptr;
  LZ4F_preferences_t preferences_ = LZ4F_INIT_PREFERENCES;
  bool begun_ = false;
};

class Lz4Decoder : public Coder {
 public:
  Lz4Decoder() { LZ4F_createDecompressionContext(&context_, LZ4F_VERSION); }
  ~Lz4Decoder() override { LZ4F_freeDecompressionContext(context_); }
  Result<void> add(std::string_view in, std::vector<char>& out) override {
    for (bool full = false; !in.empty() || full;) {
      const std::size_t used = out.size();
      out.resize(used + kBuffer);
      std::size_t made = kBuffer;
      std::size_t taken = in.size();
      const std::size_t left = LZ4F_decompress(context_, out.data() + used, &made, in.data(), &taken, nullptr);
      out.resize(used + made);
      if (LZ4F_isError(left)) return broken("lz4", LZ4F_getErrorName(left));
      in.remove_prefix(taken);
      whole_ = left == 0;
      full = made == kBuffer && !whole_;
    }
    return {};
  }
  Result<void> end(std::vector<char>&) override {
    return whole_ ? Result<void>{} : Result<void>(broken("lz4", "it ends within a frame"));
  }

 private:
  LZ4F_dctx* context_ = nullptr;
  bool whole_ = false;
};

// Classic .lzma, which wal-g can be told to write.
class LzmaDecoder : public Coder {
 public:
  LzmaDecoder() { failed_ = lzma_alone_decoder(&stream_, std::uint64_t{1} << 28) != LZMA_OK; }
  ~LzmaDecoder() override { lzma_end(&stream_); }
  Result<void> add(std::string_view in, std::vector<char>& out) override {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    stream_.avail_in = in.size();
    return run(out, LZMA_RUN);
  }
  Result<void> end(std::vector<char>& out) override {
    PGC_CHECK(run(out, LZMA_FINISH));
    return whole_ ? Result<void>{} : Result<void>(broken("lzma", "it ends before its end marker"));
  }

 private:
  Result<void> run(std::vector<char>& out, lzma_action action) {
    if (failed_) return fail(ErrorCode::Bug, "lzma could not be started");
    if (whole_ && stream_.avail_in > 0) return broken("lzma", "it goes on behind its end");
    while (!whole_) {
      const std::size_t used = out.size();
      out.resize(used + kBuffer);
      stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data() + used);
      stream_.avail_out = kBuffer;
      const lzma_ret code = lzma_code(&stream_, action);
      const std::size_t made = kBuffer - stream_.avail_out;
      out.resize(used + made);
      whole_ = code == LZMA_STREAM_END;
      if (code == LZMA_BUF_ERROR || (code == LZMA_OK && made < kBuffer && stream_.avail_in == 0)) return {};
      if (code != LZMA_OK && !whole_) return broken("lzma", fmt::format("code {}", static_cast<int>(code)));
    }
    return stream_.avail_in > 0 ? Result<void>(broken("lzma", "it goes on behind its end")) : Result<void>{};
  }
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool failed_ = false;
  bool whole_ = false;
};

Result<std::shared_ptr<Coder>> encoder_of(const Seal& seal) {
  switch (seal.compression) {
    case Compression::None: return std::shared_ptr<Coder>();
    case Compression::Lz4: return std::make_shared<Lz4Encoder>(seal.level);
    case Compression::Zstd: return std::make_shared<ZstdEncoder>(seal.level);
    case Compression::Lzma: break;
  }
  return fail(ErrorCode::Unsupported, "lzma is read, but not written", "Use zstd or lz4.");
}

std::unique_ptr<Coder> decoder_of(Compression compression) {
  switch (compression) {
    case Compression::None: return nullptr;
    case Compression::Lz4: return std::make_unique<Lz4Decoder>();
    case Compression::Zstd: return std::make_unique<ZstdDecoder>();
    case Compression::Lzma: return std::make_unique<LzmaDecoder>();
  }
  return nullptr;
}

class EncodingSource {
 public:
  EncodingSource(store::Source plain, std::shared_ptr<Coder> coder)
      : plain_(std::move(plain)), coder_(std::move(coder)), in_(kBuffer) {}

  Result<std::size_t> read(std::span<char> into) {
    while (at_ == out_.size()) {
      if (ended_) return std::size_t{0};
      out_.clear();
      at_ = 0;
      PGC_TRY(const std::size_t got, plain_(in_));
      ended_ = got == 0;
      PGC_CHECK(ended_ ? coder_->end(out_) : coder_->add(std::string_view(in_.data(), got), out_));
    }
    const std::size_t size = std::min(into.size(), out_.size() - at_);
    std::memcpy(into.data(), out_.data() + at_, size);
    at_ += size;
    return size;
  }

 private:
  store::Source plain_;
  std::shared_ptr<Coder> coder_;
  std::vector<char> in_, out_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace

std::string_view extension(Compression compression) {
  switch (compression) {
    case Compression::None: return "";
    case Compression::Lz4: return ".lz4";
    case Compression::Zstd: return ".zst";
    case Compression::Lzma: return ".lzma";
  }
  return "";
}

Compression compression_of(std::string_view key) {
  for (const auto compression : {Compression::Lz4, Compression::Zstd, Compression::Lzma})
    if (key.ends_with(extension(compression))) return compression;
  return Compression::None;
}

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::None: return "none";
    case Compression::Lz4: return "lz4";
    case Compression::Zstd: return "zstd";
    case Compression::Lzma: return "lzma";
  }
  return "";
}

Result<store::Source> encoded(store::Source plain, const Seal& seal) {
  PGC_TRY(auto coder, encoder_of(seal));
  store::Source source = std::move(plain);
  if (coder) {
    auto encoding = std::make_shared<EncodingSource>(std::move(source), std::move(coder));
    source = [encoding](std::span<char> into) { return encoding->read(into); };
  }
  if (!seal.key) return source;
  return sealed(std::move(source), seal.key);
}

struct Decoder::State {
  store::Sink plain;
  std::unique_ptr<Coder> coder;  // null: not compressed
  std::optional<Unsealer> unsealer;
  std::vector<char> out;

  Result<void> hand_on() {
    if (out.empty()) return {};
    auto handed = plain(std::string_view(out.data(), out.size()));
    out.clear();
    return handed;
  }
  Result<void> decompress(std::string_view bytes) {
    if (!coder) return plain(bytes);
    constexpr std::size_t kPiece = std::size_t{16} << 10;  // what it swells to should stay in the cache
    for (; !bytes.empty(); bytes.remove_prefix(std::min(kPiece, bytes.size()))) {
      PGC_CHECK(coder->add(bytes.substr(0, kPiece), out));
      PGC_CHECK(hand_on());
    }
    return {};
  }
};

Result<Decoder> Decoder::make(const Seal& seal, store::Sink plain) {
  auto state = std::make_unique<State>();
  state->plain = std::move(plain);
  state->coder = decoder_of(seal.compression);
  if (seal.key)
    state->unsealer.emplace(seal.key,
                            [inner = state.get()](std::string_view bytes) { return inner->decompress(bytes); });
  return Decoder(std::move(state));
}

Decoder::Decoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

Result<void> Decoder::add(std::string_view bytes) {
  return state_->unsealer ? state_->unsealer->add(bytes) : state_->decompress(bytes);
}

Result<void> Decoder::finish() {
  if (state_->unsealer) PGC_CHECK(state_->unsealer->finish());
  if (!state_->coder) return {};
  PGC_CHECK(state_->coder->end(state_->out));
  return state_->hand_on();
}

}  // namespace pgcontract::walg
