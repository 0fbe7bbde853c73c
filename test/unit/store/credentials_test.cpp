#include "store/credentials.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/uuid.hpp"

namespace pgcontract::store {
namespace {

class Keys : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder_);
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
                             "AWS_SHARED_CREDENTIALS_FILE"})
      unsetenv(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    std::ofstream(folder_ + "/" + name, std::ios::trunc) << text;
    chmod((folder_ + "/" + name).c_str(), mode);
  }
  const std::string folder_ = (std::filesystem::temp_directory_path() / ("pgct." + Uuid::random().hex())).string();
};

TEST_F(Keys, OfTheEnvironment) {
  Keyring keyring("env", "/");
  const auto missing = keyring.current();
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().hint.find("AWS_ACCESS_KEY_ID"), std::string::npos);
  setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
  const auto keys = keyring.current();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->access_key, "AKID");
  EXPECT_TRUE(keys->session_token.empty());
  EXPECT_FALSE(*keyring.renewed(*keys));
}

TEST_F(Keys, OfASharedFile) {
  write("credentials",
        "# ours\n[default]\naws_access_key_id = A\naws_secret_access_key=B=\n\n[ other ]\naws_access_key_id=C\n"
        "aws_secret_access_key=D\naws_session_token = E\nregion = x\n");
  Keyring keyring("file:credentials", folder_);
  const auto keys = keyring.current();
  ASSERT_TRUE(keys) << keys.error().describe();
  EXPECT_EQ(keys->secret_key.reveal(), "B=");
  setenv("AWS_PROFILE", "other", 1);
  EXPECT_TRUE(*keyring.renewed(*keys));
  EXPECT_EQ(keyring.current()->session_token.reveal(), "E");
  setenv("AWS_PROFILE", "none", 1);
  EXPECT_FALSE(Keyring("file:credentials", folder_).current());
  unsetenv("AWS_PROFILE");
  setenv("AWS_SHARED_CREDENTIALS_FILE", (folder_ + "/credentials").c_str(), 1);
  EXPECT_EQ(Keyring("", "/").current()->access_key, "A");
}

TEST_F(Keys, OfAMountedSecret) {
  write("accesskey", "A\n");
  EXPECT_FALSE(Keyring("folder:" + folder_, "/").current());
  write("secretkey", "B\n");
  EXPECT_EQ(Keyring("folder:" + folder_, "/").current()->secret_key.reveal(), "B");
  write("secretkey", "B\n", 0644);
  const auto open = Keyring("folder:" + folder_, "/").current();
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, ErrorCode::Permission);
  EXPECT_FALSE(Keyring("folder:" + folder_ + "/none", "/").current());
}

TEST_F(Keys, ThatWouldBreakAHeaderAreRefusedUnshown) {
  for (const char* bad : {"two words", "two\nlines", ""}) {
    write("accesskey", "A");
    write("secretkey", bad);
    const auto keys = Keyring("folder:" + folder_, "/").current();
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().describe().find("two"), std::string::npos);
  }
}

TEST_F(Keys, FromNowhereAreRefused) { EXPECT_FALSE(Keyring("vault:x", "/").current()); }

}  // namespace
}  // namespace pgcontract::store
