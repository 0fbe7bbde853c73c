#include <gtest/gtest.h>

#include "store/s3_answer.hpp"

namespace pgcontract::store {
namespace {

HttpAnswer answer(int status, std::string body, std::map<std::string, std::string, std::less<>> headers = {}) {
  return {status, std::move(headers), std::move(body), 0};
}
std::chrono::sys_seconds at(int seconds) { return std::chrono::sys_seconds(std::chrono::seconds(seconds)); }

TEST(Answer, ErrorsSayWhatTheServerSaid) {
  const auto denied =
      answer(403, "<Error><Code>AccessDenied</Code><Message>No \x1b[2J</Message><RequestId>17A</RequestId></Error>");
  const S3Error said = s3_error(denied);
  EXPECT_EQ(remedy_of(denied, said), Remedy::Credentials);
  const Error error = error_of(denied, said, "PUT x", at(0));
  EXPECT_EQ(error.code, ErrorCode::Permission);
  EXPECT_EQ(error.message, "the store answered 403 AccessDenied to PUT x: No \\x1b[2J (request 17A)");
  EXPECT_FALSE(error.hint.empty());
}

TEST(Answer, AnswersOfProxiesAreJudgedByTheirStatus) {
  for (const auto& [status, remedy] : {std::pair{502, Remedy::Wait},
                                       {504, Remedy::Wait},
                                       {429, Remedy::Wait},
                                       {404, Remedy::None},
                                       {507, Remedy::None},
                                       {400, Remedy::Credentials},
                                       {307, Remedy::Region}}) {
    const auto page = answer(status, "<html><body>Bad</body></html>");
    EXPECT_EQ(remedy_of(page, s3_error(page)), remedy) << status;
  }
}

TEST(Answer, AHeadHasNoBodyToSayTheRegionIn) {
  const auto head = answer(400, "", {{"x-amz-bucket-region", "eu-central-1"}});
  EXPECT_EQ(remedy_of(head, s3_error(head)), Remedy::Region);
  const auto other = answer(400, "<Error><Code>InvalidArgument</Code></Error>");
  EXPECT_EQ(remedy_of(other, s3_error(other)), Remedy::None);
}

TEST(Answer, APageOfAListing) {
  const auto page = list_page(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</"
      "NextContinuationToken>"
      "<Contents><Key>a%2Bb+c%C3%BC</Key><Size>5</Size><ETag>&quot;e&quot;</ETag>"
      "<LastModified>2026-11-23T09:15:00.000Z</LastModified></Contents></ListBucketResult>");
  ASSERT_TRUE(page) << page.error().describe();
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_EQ(page->objects[0].name, "a+b cü");
  EXPECT_EQ(page->objects[0].size, 5u);
  EXPECT_EQ(page->objects[0].etag, "e");
  EXPECT_EQ(format_instant(page->objects[0].modified), "2026-11-23T09:15:00.000Z");
  EXPECT_EQ(page->next, "t&1");
}

TEST(Answer, WhatIsNoListingIsAnError) {
  for (const char* body :
       {"", "<html/>", "<ListBucketResult", "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"})
    EXPECT_FALSE(list_page(body)) << body;
  EXPECT_FALSE(upload_id("<InitiateMultipartUploadResult/>"));
}

TEST(Answer, SizesComeFromTheRange) {
  EXPECT_EQ(object_of(answer(206, "", {{"content-range", "bytes 0-9/100"}, {"content-length", "10"}}), "x")->size,
            100u);
  EXPECT_FALSE(object_of(answer(206, "", {{"content-length", "10"}}), "x"));
  EXPECT_FALSE(object_of(answer(200, ""), "x"));
  // A digest of parts' digests is none of the whole.
  EXPECT_EQ(object_of(answer(200, "",
                             {{"content-length", "1"},
                              {"x-amz-checksum-sha256", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=-3"}}),
                      "x")
                ->sha256,
            "");
}

}  // namespace
}  // namespace pgcontract::store
