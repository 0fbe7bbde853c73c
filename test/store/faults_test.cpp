// A store that is in trouble: real MinIO behind a proxy that misbehaves on order (faulty_proxy.py).
#include <fmt/format.h>

#include <thread>

#include "base/sha256.hpp"
#include "store/peer.hpp"

namespace pgcontract::store {
namespace {

using std::chrono::milliseconds;
constexpr std::size_t kMiB = std::size_t{1} << 20;

class Faults : public testing::Test {
 protected:
  void SetUp() override {
    if (variable("PGC_PROXY").empty()) GTEST_SKIP() << "run it by test/store/with_peer minio --proxy";
    location_ = peer_location();
    direct_ = opened(location_);
    location_.endpoint = variable("PGC_PROXY");
    limits_.part_size = 5 * kMiB;
    limits_.stall_timeout = milliseconds(2000);
    limits_.retry_for = milliseconds(6000);
    store_ = opened(location_, limits_);
    order("none", "*", 0);
  }
  void TearDown() override {
    if (!variable("PGC_FAULTS").empty()) order("none", "*", 0);
  }
  // The proxy's next `count` requests of `method` go wrong.
  void order(const std::string& fault, const std::string& method, int count) {
    static int nonce = 0;
    // The log tells the requests from here on.
    log_start_ = contents(variable("PGC_FAULT_LOG")).size();
    std::ofstream(variable("PGC_FAULTS"), std::ios::trunc)
        << fmt::format("{} {} {} {}\n", ++nonce, fault, method, count);
  }
  int requests(const std::string& text) const {
    const std::string log = contents(variable("PGC_FAULT_LOG")).substr(log_start_);
    int count = 0;
    for (std::size_t at = log.find(text); at != log.npos; at = log.find(text, at + 1)) ++count;
    return count;
  }
  bool is_there(const std::string& name) { return direct_->head(name).has_value(); }

  StoreLocation location_;
  Limits limits_;
  std::unique_ptr<Store> direct_;
  std::unique_ptr<Store> store_;
  std::size_t log_start_ = 0;
};

TEST_F(Faults, PassingErrorsOfAPutAreRepeated) {
  for (const std::string fault : {"500", "503", "reset", "cut-upload", "flip-upload", "slow"}) {
    order(fault, "PUT", 2);
    const auto stored = put_text(*store_, "a/" + fault, noise(300'000));
    ASSERT_TRUE(stored) << fault << ": " << stored.error().describe();
    EXPECT_EQ(get_text(*direct_, "a/" + fault, kMiB).value_or(""), noise(300'000)) << fault;
    EXPECT_EQ(requests("PUT "), fault == "slow" ? 1 : 3) << fault;
  }
}

TEST_F(Faults, PassingErrorsOfAPartAreRepeated) {
  for (const std::string fault : {"503", "cut-upload", "flip-upload"}) {
    order(fault, "PUT", 3);
    const auto stored = put_text(*store_, "parts", noise(11 * kMiB));
    ASSERT_TRUE(stored) << fault << ": " << stored.error().describe();
    EXPECT_EQ(get_text(*direct_, "parts", 20 * kMiB).value_or("").size(), 11 * kMiB);
  }
}

TEST_F(Faults, AStoreThatStaysInTroubleIsAnErrorInTime) {
  order("503", "PUT", 1000);
  const auto began = std::chrono::steady_clock::now();
  const auto stored = put_text(*store_, "a", "x");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::Unreachable);
  EXPECT_NE(stored.error().message.find("503 SlowDown"), std::string::npos) << stored.error().message;
  EXPECT_NE(stored.error().message.find("tried"), std::string::npos) << stored.error().message;
  EXPECT_NE(stored.error().message.find("request R1"), std::string::npos) << stored.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(9));
  EXPECT_FALSE(is_there("a"));
}

TEST_F(Faults, AStoreThatIsNotThereIsAnErrorInTime) {
  location_.endpoint = "http://127.0.0.1:1";
  limits_.retry_for = milliseconds(1000);
  const auto head = opened(location_, limits_)->head("a");
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::Unreachable);
  EXPECT_FALSE(head.error().hint.empty());
}

TEST_F(Faults, SilenceEndsAtTheStallTimeout) {
  order("stall", "PUT", 1);
  const auto stored = put_text(*store_, "a", "x");
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(requests("stall"), 1);
}

TEST_F(Faults, ALostAnswerDoesNotMakeAnObjectOfOursTheOthers) {
  order("lost-answer", "PUT", 1);
  const auto stored = put_text(*store_, "a", "mine", {.if_absent = true});
  ASSERT_TRUE(stored) << stored.error().describe();
  order("lost-answer", "COMPLETE", 1);
  const std::string large = noise(6 * kMiB);
  const auto in_parts = put_text(*store_, "large", large, {.if_absent = true});
  ASSERT_TRUE(in_parts) << in_parts.error().describe();
  EXPECT_EQ(in_parts->sha256, sha256(large));
}

TEST_F(Faults, A200ThatHoldsAnErrorIsNone) {
  order("late-error", "COMPLETE", 1);
  const auto stored = put_text(*store_, "late", noise(6 * kMiB));
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(requests("late-error"), 1);
  order("late-error", "COMPLETE", 1000);
  EXPECT_FALSE(put_text(*store_, "never", noise(6 * kMiB)));
  EXPECT_FALSE(is_there("never"));
}

TEST_F(Faults, WhatTheStoreHasNotGotDoesNotCount) {
  for (const std::size_t size : {1000ul, 6 * kMiB}) {
    order("short-head", "HEAD", 1);
    const auto stored = put_text(*store_, "lied", noise(size));
    ASSERT_FALSE(stored);
    EXPECT_NE(stored.error().message.find("does not count as stored"), std::string::npos) << stored.error().message;
  }
}

TEST_F(Faults, AFullStoreIsSaidAndNotTriedAgain) {
  order("full", "PUT", 1000);
  for (const std::size_t size : {1000ul, 6 * kMiB}) {
    const auto stored = put_text(*store_, "full", noise(size));
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::OutOfSpace);
    EXPECT_NE(stored.error().message.find("XMinioStorageFull"), std::string::npos) << stored.error().message;
  }
  EXPECT_EQ(requests("PUT "), 2);
  EXPECT_EQ(requests("DELETE "), 1) << "the upload in parts is aborted";
  EXPECT_FALSE(is_there("full"));
}

TEST_F(Faults, ACutDownloadGoesOnWhereItBroke) {
  const std::string bytes = noise(3 * kMiB);
  ASSERT_TRUE(put_text(*direct_, "a", bytes));
  order("cut-download", "GET", 3);
  const auto whole = get_text(*store_, "a", 10 * kMiB);
  ASSERT_TRUE(whole) << whole.error().describe();
  EXPECT_EQ(*whole, bytes);
  order("cut-download", "GET", 2);
  const auto part = get_text(*store_, "a", 10 * kMiB, {.offset = 1000, .length = kMiB});
  ASSERT_TRUE(part) << part.error().describe();
  EXPECT_EQ(*part, bytes.substr(1000, kMiB));
}

TEST_F(Faults, ADownloadThatIsNotTheObjectIsAnError) {
  ASSERT_TRUE(put_text(*direct_, "a", noise(3 * kMiB)));
  for (const std::string fault : {"truncated", "flip-download"}) {
    order(fault, "GET", 1);
    const auto got = get_text(*store_, "a", 10 * kMiB);
    ASSERT_FALSE(got) << fault;
    EXPECT_EQ(got.error().code, ErrorCode::Io) << fault;
  }
}

TEST_F(Faults, AnObjectReplacedWhileItIsReadIsAnError) {
  ASSERT_TRUE(put_text(*direct_, "a", noise(3 * kMiB)));
  order("cut-download", "GET", 1);
  bool replaced = false;
  const auto got = store_->get("a", {}, [&](std::string_view) -> Result<void> {
    if (std::exchange(replaced, true)) return {};
    EXPECT_TRUE(put_text(*direct_, "a", noise(3 * kMiB, 7)));
    return {};
  });
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::Conflict) << got.error().describe();
}

TEST_F(Faults, SkewedClocksAreBothTold) {
  order("skew", "PUT", 1);
  const auto stored = put_text(*store_, "a", "x");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::Refused);
  EXPECT_NE(stored.error().message.find("the store's 2024-01-01T00:00:00"), std::string::npos)
      << stored.error().message;
  order("skew", "HEAD", 1);  // has no body to say it in
  EXPECT_NE(store_->head("a").error().message.find("clock"), std::string::npos);
}

TEST_F(Faults, ExpiredKeysAreReadAgain) {
  const std::string file = variable("PGC_WORK") + "/" + Uuid::random().hex();
  const auto write = [&](const std::string& access) {
    std::ofstream(file, std::ios::trunc) << fmt::format(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n", access, variable("AWS_SECRET_ACCESS_KEY"));
    ASSERT_EQ(std::system(fmt::format("chmod 600 {}", file).c_str()), 0);
  };
  write("expired-key");
  location_.credentials = "file:" + file;
  const auto store = opened(location_, limits_);
  // Nobody renews them: one more look, and an end.
  order("expired", "*", 1000);
  const auto expired = put_text(*store, "a", "x");
  ASSERT_FALSE(expired);
  EXPECT_NE(expired.error().message.find("ExpiredToken"), std::string::npos) << expired.error().message;
  EXPECT_EQ(requests("PUT "), 1);
  // Renewed in the middle of an upload in parts.
  order("none", "*", 0);
  write(variable("AWS_ACCESS_KEY_ID"));
  int parts = 0;
  std::size_t left = 16 * kMiB;
  const auto stored = store->put("long",
                                 [&](std::span<char> into) -> Result<std::size_t> {
                                   if (++parts == 2) order("expired", "PUT", 1);
                                   if (parts == 2) write(variable("AWS_ACCESS_KEY_ID"));
                                   const std::size_t count = std::min(left, into.size());
                                   std::fill_n(into.begin(), count, 'x');
                                   left -= count;
                                   return count;
                                 },
                                 {});
  // The same keys again are no renewal.
  ASSERT_FALSE(stored);
  EXPECT_NE(stored.error().message.find("ExpiredToken"), std::string::npos);
}

TEST_F(Faults, RotatedKeysAreTakenUpInTheMiddle) {
  const std::string folder = variable("PGC_WORK") + "/" + Uuid::random().hex();
  const auto write = [&](const std::string& access, const std::string& secret) {
    const std::string command = fmt::format(
        "mkdir -p {0} && printf %s '{1}' >{0}/accesskey && printf '%s\n' '{2}' >{0}/secretkey && chmod 600 {0}/*",
        folder, access, secret);
    ASSERT_EQ(std::system(command.c_str()), 0);
  };
  write("old-key", "old-secret-of-eight");
  location_.credentials = "folder:" + folder;
  const auto store = opened(location_, limits_);
  const auto refused = put_text(*store, "a", "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Refused);
  EXPECT_NE(refused.error().message.find("InvalidAccessKeyId"), std::string::npos) << refused.error().message;
  EXPECT_EQ(refused.error().describe().find("old-secret"), std::string::npos);
  write(variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"));
  const auto stored = put_text(*store, "a", "x");
  ASSERT_TRUE(stored) << stored.error().describe();
  write(variable("AWS_ACCESS_KEY_ID"), "a wrong secret");
  EXPECT_TRUE(put_text(*store, "b", "x")) << "what works is not read again";
}

TEST_F(Faults, AWrongSecretIsRefusedAndNotShown) {
  const std::string file = variable("PGC_WORK") + "/" + Uuid::random().hex();
  std::ofstream(file) << fmt::format("[default]\naws_access_key_id={}\naws_secret_access_key=s3cr3t-that-is-wrong\n",
                                     variable("AWS_ACCESS_KEY_ID"));
  ASSERT_EQ(std::system(fmt::format("chmod 600 {}", file).c_str()), 0);
  location_.credentials = "file:" + file;
  const auto stored = put_text(*opened(location_, limits_), "a", "x");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::Refused);
  EXPECT_NE(stored.error().message.find("SignatureDoesNotMatch"), std::string::npos) << stored.error().message;
  EXPECT_EQ((stored.error().describe() + stored.error().hint).find("s3cr3t"), std::string::npos);
}

TEST_F(Faults, ForbiddenIsSaidOfTheAct) {
  order("denied", "DELETE", 1);
  const auto removed = store_->remove("a");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::Permission);
  EXPECT_NE(removed.error().message.find("AccessDenied to DELETE a"), std::string::npos) << removed.error().message;
}

TEST_F(Faults, AnotherRegionIsFollowed) {
  // The proxy names a region that MinIO does not mind being signed for.
  order("region", "PUT", 1);
  const auto stored = put_text(*store_, "a", "x");
  EXPECT_EQ(requests("region"), 1);
  // MinIO then says which region it is in, and that is followed as well.
  EXPECT_TRUE(stored) << stored.error().describe();
  order("region", "PUT", 1000);
  EXPECT_FALSE(put_text(*store_, "a", "y"));
  EXPECT_LE(requests("PUT "), 3);
}

TEST_F(Faults, AServerWithoutChecksumsIsServedByMd5) {
  order("unsupported", "PUT", 1);
  const auto stored = put_text(*store_, "a", "x");
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(stored->agreed, Agreed::Md5);
  const auto in_parts = put_text(*store_, "parts", noise(6 * kMiB));
  ASSERT_TRUE(in_parts) << in_parts.error().describe();
  EXPECT_EQ(in_parts->agreed, Agreed::Md5);
  const auto got = store_->get("a", {}, [](std::string_view) { return Result<void>(); });
  ASSERT_TRUE(got);
  EXPECT_EQ(got->agreed, Agreed::Md5);
  order("flip-download", "GET", 1);
  EXPECT_FALSE(get_text(*store_, "a", 10));
}

TEST_F(Faults, TheBucketMayStandInTheHost) {
  location_.endpoint = variable("AWS_ENDPOINT_URL");
  location_.endpoint.replace(location_.endpoint.find("127.0.0.1"), 9, "localhost");
  location_.addressing = "virtual";
  const auto store = opened(location_, limits_);
  const auto stored = put_text(*store, "a b/ü+%", "x");
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(get_text(*direct_, "a b/ü+%", 10).value_or(""), "x");
  EXPECT_EQ(get_text(*store, "a b/ü+%", 10).value_or(""), "x");
}

TEST_F(Faults, ABucketThatIsNotThereIsSaid) {
  location_.url = "s3://no-such-bucket/x";
  const auto stored = put_text(*opened(location_, limits_), "a", "x");
  ASSERT_FALSE(stored);
  EXPECT_NE(stored.error().message.find("NoSuchBucket"), std::string::npos) << stored.error().message;
  EXPECT_NE(stored.error().hint.find("Create the bucket"), std::string::npos);
}

}  // namespace
}  // namespace pgcontract::store
