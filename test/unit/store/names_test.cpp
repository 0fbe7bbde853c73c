#include <gtest/gtest.h>

#include "store/name.hpp"
#include "store/store.hpp"

namespace pgcontract::store {
namespace {

TEST(Names, WhatBackupsAreCalledIsGood) {
  for (const char* name :
       {"wal_005/000000010000000000000001.lz4", "basebackups_005/base_000000010000000000000002/metadata.json", "a",
        "a b", "ü", "...", "a..b", "x.tmp.y"})
    EXPECT_TRUE(check_name(name)) << name;
}

TEST(Names, WhatCouldEscapeIsNot) {
  for (const char* name : {"", ".", "..", "/etc/passwd", "a/../../b", "a//b", "a/", "a/.", "a\x1b[2J", "a\r\nb"})
    EXPECT_FALSE(check_name(name)) << name;
  EXPECT_FALSE(check_name(std::string_view("a\0b", 3)));
  EXPECT_FALSE(check_name(std::string(1000, 'a')));
  EXPECT_FALSE(check_name(std::string(230, 'a')));
  EXPECT_EQ(check_name("a\x1b[2J").error().message.find('\x1b'), std::string::npos);
}

TEST(Names, TemporaryOnesAreKnownAgain) {
  const std::string name = temporary_name("part_001.tar.lz4");
  EXPECT_TRUE(is_temporary(name)) << name;
  EXPECT_EQ(name.size(), std::string("part_001.tar.lz4.tmp.20261123T091500Z-1a2b3c4d").size()) << name;
  EXPECT_FALSE(check_name("wal_005/" + name));
  for (const char* other :
       {"a.tmp.", "a.tmp.20261123T091500Z-1a2b3c4", "a.tmp.20261123T091500Z-1a2b3c4X", "part.tmp", ""})
    EXPECT_FALSE(is_temporary(other)) << other;
}

StoreLocation location(std::string url) {
  StoreLocation location;
  location.url = std::move(url);
  return location;
}

TEST(Open, TellsStoresApart) {
  unsetenv("AWS_ENDPOINT_URL");
  unsetenv("AWS_REGION");
  EXPECT_EQ((*open_store(location("s3://sm-backups/postgres/"), "/c"))->describe(),
            "s3://sm-backups/postgres at AWS, us-east-1");
  EXPECT_EQ((*open_store(location("file:///var/backups"), "/c"))->describe(), "/var/backups");
  EXPECT_EQ((*open_store(location("backups"), "/c"))->describe(), "/c/backups");
  auto minio = location("s3://sm-backups");
  minio.endpoint = "https://minio:9000/";
  EXPECT_EQ((*open_store(minio, "/c"))->describe(), "s3://sm-backups at https://minio:9000/");
}

TEST(Open, RefusesWhatIsNoStore) {
  for (const char* url :
       {"", "gs://bucket", "s3://", "s3://B", "s3://a.b@c/x", "s3://bucket/../x", "s3://bu:cket/x", "file://host/x"})
    EXPECT_FALSE(open_store(location(url), "/")) << url;
  for (const char* endpoint :
       {"minio:9000", "ftp://minio", "https://", "https://key@minio", "https://minio/path", "https://minio x"}) {
    auto where = location("s3://bucket");
    where.endpoint = endpoint;
    EXPECT_FALSE(open_store(where, "/")) << endpoint;
  }
}

}  // namespace
}  // namespace pgcontract::store
