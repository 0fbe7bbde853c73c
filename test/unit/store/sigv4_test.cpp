#include "store/sigv4.hpp"

#include <gtest/gtest.h>

#include "store/digest.hpp"

namespace pgcontract::store {
namespace {

std::string signature(const Signable& request, const Credentials& credentials, const Scope& scope,
                      std::string_view date) {
  const std::string header = authorization(request, credentials, scope, date);
  return header.substr(header.rfind('=') + 1);
}

// AWS's own examples: "Signature Calculations for the Authorization Header" of the S3 API reference.
const Credentials kS3Example{"AKIAIOSFODNN7EXAMPLE", SecretString("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), {}};
constexpr std::string_view kS3Date = "20130524T000000Z";
const std::string kEmpty = hex(raw_sha256(""));

Signable s3_example(std::string method, std::string path, Pairs query, Pairs headers, std::string payload) {
  headers.emplace_back("Host", "examplebucket.s3.amazonaws.com");
  headers.emplace_back("x-amz-date", kS3Date);
  headers.emplace_back("x-amz-content-sha256", payload);
  return {std::move(method), std::move(path), std::move(query), std::move(headers), std::move(payload)};
}

TEST(Sigv4, S3GetObject) {
  EXPECT_EQ(signature(s3_example("GET", "/test.txt", {}, {{"Range", "bytes=0-9"}}, kEmpty), kS3Example, {"us-east-1"},
                      kS3Date),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}
TEST(Sigv4, S3PutObject) {
  const Pairs headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  const std::string payload = hex(raw_sha256("Welcome to Amazon S3."));
  EXPECT_EQ(signature(s3_example("PUT", "/" + percent_encoded("test$file.text", true), {}, headers, payload),
                      kS3Example, {"us-east-1"}, kS3Date),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}
TEST(Sigv4, S3GetLifecycle) {
  EXPECT_EQ(signature(s3_example("GET", "/", {{"lifecycle", ""}}, {}, kEmpty), kS3Example, {"us-east-1"}, kS3Date),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}
TEST(Sigv4, S3ListObjects) {
  EXPECT_EQ(signature(s3_example("GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, kEmpty), kS3Example,
                      {"us-east-1"}, kS3Date),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// AWS's test suite for Signature Version 4.
struct Vector {
  const char* name;
  Signable request;
  const char* signature;
};
TEST(Sigv4, TestSuite) {
  const Credentials credentials{"AKIDEXAMPLE", SecretString("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), {}};
  constexpr std::string_view kDate = "20150830T123600Z";
  const Pairs plain = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", std::string(kDate)}};
  const std::vector<Vector> vectors = {
      {"get-vanilla",
       {"GET", "/", {}, plain, kEmpty},
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-vanilla-query-order-key-case",
       {"GET", "/", {{"Param2", "value2"}, {"Param1", "value1"}}, plain, kEmpty},
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"post-vanilla",
       {"POST", "/", {}, plain, kEmpty},
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
  };
  for (const auto& vector : vectors)
    EXPECT_EQ(signature(vector.request, credentials, {"us-east-1", "service"}, kDate), vector.signature) << vector.name;
}

TEST(Sigv4, CanonicalRequestIsTheSuites) {
  const Signable request{
      "GET",
      "/",
      {},
      {{"Host", "example.amazonaws.com"}, {"My-Header1", "  a   b  c "}, {"X-Amz-Date", "20150830T123600Z"}},
      kEmpty};
  EXPECT_EQ(canonical_request(request),
            "GET\n/\n\nhost:example.amazonaws.com\nmy-header1:a b c\nx-amz-date:20150830T123600Z\n\n"
            "host;my-header1;x-amz-date\n" +
                kEmpty);
}

TEST(Sigv4, DatesAndQueries) {
  EXPECT_EQ(amz_date(std::chrono::sys_seconds(std::chrono::seconds(1440938160))), "20150830T123600Z");
  EXPECT_EQ(query_text({{"b", ""}, {"a", "x y"}, {"A", "ü"}}), "A=%C3%BC&a=x%20y&b=");
  EXPECT_EQ(percent_encoded("a/b c", true), "a/b%20c");
  EXPECT_EQ(percent_encoded("a/b c", false), "a%2Fb%20c");
}

TEST(Sigv4, TheSecretIsNowhereInTheHeader) {
  EXPECT_EQ(authorization(s3_example("GET", "/", {}, {}, kEmpty), kS3Example, {"us-east-1"}, kS3Date).find("wJalr"),
            std::string::npos);
}

TEST(Digest, RoundTrips) {
  EXPECT_EQ(hex(raw_sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(raw_md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) EXPECT_EQ(from_base64(base64(text)), text);
  EXPECT_EQ(from_base64("!!!!"), "");
}

}  // namespace
}  // namespace pgcontract::store
