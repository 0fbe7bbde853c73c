// What every store promises (src/store/store.hpp), asked of the one that with_peer started.
#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>

#include <thread>
#include <vector>

#include "base/sha256.hpp"
#include "store/peer.hpp"

namespace pgcontract::store {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

class Port : public testing::Test {
 protected:
  void SetUp() override {
    if (variable("PGC_STORE").empty()) GTEST_SKIP() << "run it by test/store/with_peer";
    limits_.part_size = 5 * kMiB;
    limits_.page_size = 3;
    store_ = opened(peer_location(), limits_);
  }
  bool is_folder() const { return variable("PGC_PEER") == "folder"; }
  std::vector<std::string> names(const std::string& prefix, const std::string& after = {}) {
    std::vector<std::string> found;
    const auto listed = store_->list(prefix, after, [&](const Object& object) -> Result<bool> {
      found.push_back(object.name);
      return true;
    });
    EXPECT_TRUE(listed) << listed.error().describe();
    return found;
  }
  std::string text(const std::string& name, const Range& range = {}) {
    const auto got = get_text(*store_, name, 64 * kMiB, range);
    EXPECT_TRUE(got) << got.error().describe();
    return got.value_or("");
  }

  Limits limits_;
  std::unique_ptr<Store> store_;
};

TEST_F(Port, KeepsWhatItWasGiven) {
  const auto stored = put_text(*store_, "wal_005/000000010000000000000001.lz4", "some bytes");
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(stored->size, 10u);
  EXPECT_EQ(stored->sha256, sha256("some bytes"));
  EXPECT_EQ(stored->agreed, is_folder() ? Agreed::Size : Agreed::Sha256);
  EXPECT_FALSE(stored->was_there);
  EXPECT_EQ(text("wal_005/000000010000000000000001.lz4"), "some bytes");
  const auto head = store_->head("wal_005/000000010000000000000001.lz4");
  ASSERT_TRUE(head) << head.error().describe();
  EXPECT_EQ(head->size, 10u);
  EXPECT_LT(std::chrono::abs(head->modified - now()), std::chrono::minutes(5));
}

TEST_F(Port, KeepsAnEmptyObject) {
  ASSERT_TRUE(put_text(*store_, "empty", ""));
  EXPECT_EQ(text("empty"), "");
  EXPECT_EQ(store_->head("empty")->size, 0u);
}

TEST_F(Port, ReplacesUnlessAskedNotTo) {
  ASSERT_TRUE(put_text(*store_, "a", "one"));
  ASSERT_TRUE(put_text(*store_, "a", "two"));
  EXPECT_EQ(text("a"), "two");
  const auto same = put_text(*store_, "a", "two", {.if_absent = true});
  ASSERT_TRUE(same) << same.error().describe();
  EXPECT_TRUE(same->was_there);
  const auto other = put_text(*store_, "a", "six", {.if_absent = true});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::Conflict);
  EXPECT_EQ(text("a"), "two");
}

TEST_F(Port, OneOfManyWritersWins) {
  std::vector<std::thread> writers;
  std::atomic<int> stored{0};
  std::atomic<int> refused{0};
  for (int i = 0; i < 8; ++i)
    writers.emplace_back([&, i] {
      const auto result = put_text(*store_, "contended", fmt::format("writer {}", i), {.if_absent = true});
      if (result) ++stored;
      if (!result && result.error().code == ErrorCode::Conflict) ++refused;
    });
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(stored, 1);
  EXPECT_EQ(refused, 7);
}

TEST_F(Port, SendsLargeObjectsInPartsWithBoundedMemory) {
  constexpr std::size_t kSize = 64 * kMiB + 1;
  const std::string block = noise(kMiB);
  Sha256 whole;
  std::size_t left = kSize;
  const Source source = [&](std::span<char> into) -> Result<std::size_t> {
    const std::size_t count = std::min({into.size(), left, block.size()});
    std::copy_n(block.data(), count, into.data());
    whole.add({into.data(), count});
    left -= count;
    return count;
  };
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  const auto stored = store_->put("basebackups_005/part_001.tar.zst", source, {});
  ASSERT_TRUE(stored) << stored.error().describe();
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 32 * 1024) << "kB more for 64 MiB in parts of 5 MiB";
  EXPECT_EQ(stored->size, kSize);
  const std::string expected = whole.hex();
  EXPECT_EQ(stored->sha256, expected);
  Sha256 read;
  const auto got = store_->get("basebackups_005/part_001.tar.zst", {}, [&](std::string_view bytes) -> Result<void> {
    read.add(bytes);
    return {};
  });
  ASSERT_TRUE(got) << got.error().describe();
  EXPECT_EQ(got->object.size, kSize);
  EXPECT_EQ(got->sha256, expected);
  EXPECT_EQ(read.hex(), expected);
}

TEST_F(Port, RefusesOtherContentInParts) {
  const std::string large = noise(11 * kMiB);
  ASSERT_TRUE(put_text(*store_, "large", large, {.if_absent = true}));
  const auto same = put_text(*store_, "large", large, {.if_absent = true});
  ASSERT_TRUE(same) << same.error().describe();
  EXPECT_TRUE(same->was_there);
  const auto other = put_text(*store_, "large", noise(11 * kMiB, 2), {.if_absent = true});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::Conflict);
  EXPECT_EQ(text("large"), large);
}

TEST_F(Port, OfTwoThatSendPartsTheSecondToEndLoses) {
  std::size_t read = 0;
  const std::string bytes = noise(11 * kMiB);
  const Source late = [&](std::span<char> into) -> Result<std::size_t> {
    if (read > 6 * kMiB && read < bytes.size()) PGC_CHECK(put_text(*store_, "race", "first"));
    const std::size_t count = std::min(into.size(), bytes.size() - read);
    std::copy_n(bytes.data() + read, count, into.data());
    read += count;
    return count;
  };
  const auto second = store_->put("race", late, {.if_absent = true});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict) << second.error().describe();
  EXPECT_EQ(text("race"), "first");
}

TEST_F(Port, AServerNobodyVouchesForIsRefusedAtOnce) {
  if (variable("PGC_CA").empty()) return;
  StoreLocation location = peer_location();
  location.ca_file.clear();
  const auto stored = put_text(*opened(location), "a", "x");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::Refused) << stored.error().describe();
  EXPECT_NE(stored.error().hint.find("backup.ca_file"), std::string::npos);
}

TEST_F(Port, CutsPartsAtEveryBoundary) {
  for (const std::size_t size : {5 * kMiB - 1, 5 * kMiB, 5 * kMiB + 1, 10 * kMiB}) {
    const std::string bytes = noise(size);
    const auto stored = put_text(*store_, "boundary", bytes);
    ASSERT_TRUE(stored) << size << ": " << stored.error().describe();
    EXPECT_EQ(stored->size, size);
    EXPECT_EQ(sha256(text("boundary")), sha256(bytes)) << size;
  }
}

TEST_F(Port, ReadsRanges) {
  ASSERT_TRUE(put_text(*store_, "digits", "0123456789"));
  EXPECT_EQ(text("digits", {.offset = 2, .length = 3}), "234");
  EXPECT_EQ(text("digits", {.offset = 7}), "789");
  EXPECT_EQ(text("digits", {.offset = 0, .length = 1}), "0");
  EXPECT_EQ(text("digits", {.offset = 8, .length = 100}), "89");
  for (const Range& beyond : {Range{.offset = 11}, Range{.offset = 10}, Range{.offset = 2, .length = 0}})
    EXPECT_EQ(get_text(*store_, "digits", 100, beyond).error().code, ErrorCode::InvalidInput);
}

TEST_F(Port, SaysWhatIsNotThere) {
  for (const auto& code : {store_->head("none").error().code, get_text(*store_, "none", 1).error().code,
                           store_->head("a/b/none").error().code})
    EXPECT_EQ(code, ErrorCode::NotFound);
  EXPECT_TRUE(store_->remove("none"));
  EXPECT_TRUE(store_->remove("a/b/none"));
  EXPECT_TRUE(names("").empty());
}

TEST_F(Port, RemovesWhatItIsTold) {
  ASSERT_TRUE(put_text(*store_, "a/b/c", "x"));
  ASSERT_TRUE(put_text(*store_, "a/b/d", "x"));
  ASSERT_TRUE(store_->remove("a/b/c"));
  EXPECT_EQ(names(""), std::vector<std::string>{"a/b/d"});
  EXPECT_EQ(store_->head("a/b/c").error().code, ErrorCode::NotFound);
  ASSERT_TRUE(store_->remove("a/b/d"));
  EXPECT_TRUE(names("").empty());
}

TEST_F(Port, ListsInTheOrderOfBytesOverPages) {
  // Not "a" and "a/1": a folder cannot hold both, versitygw refuses it, and MinIO then no longer lists what is below
  // a/.
  std::vector<std::string> expected = {"a-b",   "a.b",       "a/1",       "a/2",      "a/b/c",   "a0",
                                       "b/c d", "b/c%20d+e", "b/ü&<>'?#", "wal/0001", "wal/0002"};
  for (auto name = expected.rbegin(); name != expected.rend(); ++name) {
    const auto stored = put_text(*store_, *name, *name);
    ASSERT_TRUE(stored) << *name << ": " << stored.error().describe();
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names(""), expected);
  EXPECT_EQ(names("a/"), (std::vector<std::string>{"a/1", "a/2", "a/b/c"}));
  EXPECT_EQ(names("b/c"), (std::vector<std::string>{"b/c d", "b/c%20d+e"}));
  EXPECT_EQ(names("", "a/b/c"),
            std::vector<std::string>(std::find(expected.begin(), expected.end(), "a0"), expected.end()));
  EXPECT_EQ(names("wal/", "wal/0001"), std::vector<std::string>{"wal/0002"});
  for (const auto& name : expected) EXPECT_EQ(text(name), name);
}

TEST_F(Port, StopsListingWhenTold) {
  for (const char* name : {"1", "2", "3", "4", "5"}) ASSERT_TRUE(put_text(*store_, name, ""));
  int seen = 0;
  ASSERT_TRUE(store_->list("", "", [&](const Object&) -> Result<bool> { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

TEST_F(Port, NamesCannotEscape) {
  for (const std::string name :
       {"", ".", "..", "../x", "a/../x", "/x", "x/", "a//b", "a/./b", "a\nb", "a.tmp.20261123T091500Z-0123abcd"}) {
    EXPECT_EQ(put_text(*store_, name, "x").error().code, ErrorCode::InvalidInput) << name;
    EXPECT_EQ(store_->head(name).error().code, ErrorCode::InvalidInput) << name;
    EXPECT_EQ(store_->remove(name).error().code, ErrorCode::InvalidInput) << name;
    EXPECT_EQ(get_text(*store_, name, 1).error().code, ErrorCode::InvalidInput) << name;
  }
}

TEST_F(Port, ASourceThatFailsLeavesNothing) {
  ASSERT_TRUE(put_text(*store_, "kept", "before"));
  std::size_t given = 0;
  const Source failing = [&](std::span<char> into) -> Result<std::size_t> {
    if (given > 12 * kMiB) return fail(ErrorCode::Io, "the disk broke");
    given += into.size();
    std::fill(into.begin(), into.end(), 'x');
    return into.size();
  };
  for (const char* name : {"kept", "new"}) {
    given = 0;
    const auto stored = store_->put(name, failing, {});
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().message, "the disk broke");
  }
  EXPECT_EQ(names(""), std::vector<std::string>{"kept"});
  EXPECT_EQ(text("kept"), "before");
}

TEST_F(Port, ASinkThatFailsEndsTheTransfer) {
  ASSERT_TRUE(put_text(*store_, "a", noise(3 * kMiB)));
  const auto got =
      store_->get("a", {}, [](std::string_view) -> Result<void> { return fail(ErrorCode::OutOfSpace, "full"); });
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::OutOfSpace);
  EXPECT_EQ(get_text(*store_, "a", 1000).error().code, ErrorCode::InvalidInput);
}

TEST_F(Port, ServesThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int j = 0; j < 5; ++j) {
        const std::string name = fmt::format("t/{}/{}", i, j);
        const std::string bytes = noise(100'000, static_cast<std::uint32_t>(i * 10 + j));
        if (put_text(*store_, name, bytes, {.if_absent = true}) && get_text(*store_, name, kMiB).value_or("") == bytes)
          ++good;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
  EXPECT_EQ(names("t/").size(), 40u);
}

TEST_F(Port, KnowsTheStoresClock) {
  EXPECT_FALSE(store_->head("none"));
  if (is_folder()) return;
  ASSERT_TRUE(store_->clock_ahead());
  EXPECT_LE(std::abs(store_->clock_ahead()->count()), 2);
}

}  // namespace
}  // namespace pgcontract::store
