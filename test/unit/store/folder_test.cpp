// What only a folder can do wrong; the port as a whole is tested in test/store.
#include "store/folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/uuid.hpp"

namespace pgcontract::store {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
 protected:
  ~Folder() override { fs::remove_all(root_); }
  const fs::path root_ = fs::temp_directory_path() / ("pgct." + Uuid::random().hex());
  FolderStore store_{root_.string()};
};

TEST_F(Folder, IsMadeWithTheFirstObjectAndPrivate) {
  EXPECT_EQ(store_.head("a").error().code, ErrorCode::NotFound);
  ASSERT_TRUE(put_text(store_, "a/b", "x"));
  struct stat status{};
  ASSERT_EQ(stat((root_ / "a/b").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(stat((root_ / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(Folder, NothingHalfWrittenHasAName) {
  const Source failing = [&](std::span<char> into) -> Result<std::size_t> {
    EXPECT_FALSE(fs::exists(root_ / "a"));
    EXPECT_FALSE(store_.head("a"));
    if (std::distance(fs::directory_iterator(root_), {}) > 0) into[0] = 'x';
    return fail(ErrorCode::Io, "broken");
  };
  EXPECT_FALSE(store_.put("a", failing, {}));
  EXPECT_TRUE(fs::is_empty(root_));
}

TEST_F(Folder, WhatAKilledWriterLeftIsNotListed) {
  ASSERT_TRUE(put_text(store_, "a", "x"));
  std::ofstream(root_ / "b.tmp.20261123T091500Z-0123abcd") << "half";
  int seen = 0;
  ASSERT_TRUE(store_.list("", "", [&](const Object&) -> Result<bool> { return ++seen > 0; }));
  EXPECT_EQ(seen, 1);
}

TEST_F(Folder, SymbolicLinksAreNotFollowed) {
  ASSERT_TRUE(put_text(store_, "a/b", "x"));
  const fs::path outside = root_.string() + ".outside";
  fs::create_directory(outside);
  fs::create_directory_symlink(outside, root_ / "link");
  fs::create_symlink("/etc/passwd", root_ / "file");
  EXPECT_FALSE(put_text(store_, "link/x", "x"));
  EXPECT_TRUE(fs::is_empty(outside));
  EXPECT_FALSE(get_text(store_, "file", 100'000));
  EXPECT_FALSE(store_.head("file"));
  EXPECT_FALSE(store_.remove("link/x"));
  fs::remove_all(outside);
}

TEST_F(Folder, EmptyFoldersGoWithTheirLastObject) {
  ASSERT_TRUE(put_text(store_, "a/b/c", "x"));
  ASSERT_TRUE(put_text(store_, "a/d", "x"));
  ASSERT_TRUE(store_.remove("a/b/c"));
  EXPECT_FALSE(fs::exists(root_ / "a/b"));
  ASSERT_TRUE(store_.remove("a/d"));
  EXPECT_TRUE(fs::is_empty(root_));
}

TEST_F(Folder, AFolderIsNoObject) {
  ASSERT_TRUE(put_text(store_, "a/b", "x"));
  EXPECT_EQ(store_.head("a").error().code, ErrorCode::NotFound);
  EXPECT_FALSE(put_text(store_, "a", "x"));
  EXPECT_FALSE(store_.remove("a"));
  EXPECT_FALSE(put_text(store_, "a/b/c", "x"));
}

}  // namespace
}  // namespace pgcontract::store
