#include "walg/tar.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "store/digest.hpp"

namespace pgcontract::walg {
namespace {

struct File {
  TarEntry entry;
  std::string data;
};

store::Source text_source(std::string text, std::size_t step) {
  return [text = std::move(text), step, at = std::size_t{0}](std::span<char> into) mutable -> Result<std::size_t> {
    const std::size_t count = text.copy(into.data(), std::min(into.size(), step), at);
    at += count;
    return count;
  };
}

std::string written(std::vector<File> files, std::size_t step, std::vector<std::string>* hashes = nullptr) {
  TarSource source;
  source.next = [&, at = std::size_t{0}]() mutable -> Result<std::optional<TarMember>> {
    if (at == files.size()) return std::optional<TarMember>();
    const File& file = files[at++];
    return TarMember{file.entry, file.entry.kind == 'd' ? store::Source() : text_source(file.data, step)};
  };
  source.done = [&](const TarEntry&, const std::string& sha256) {
    if (hashes) hashes->push_back(sha256);
  };
  auto stream = tar_stream(std::move(source));
  std::string archive;
  std::vector<char> buffer(step);
  while (const auto count = *stream(buffer)) archive.append(buffer.data(), count);
  return archive;
}

// "name kind mode size: data" of each entry, or the error.
std::string seen(std::string_view archive, std::size_t step, TarRules rules = {}) {
  std::string text;
  TarReader reader({[&](const TarEntry& entry) -> Result<void> {
                      text += fmt::format("{} {} {:o} {}: ", entry.name, entry.kind, entry.mode, entry.size);
                      return {};
                    },
                    [&](std::string_view bytes) -> Result<void> {
                      text += bytes;
                      return {};
                    },
                    [&]() -> Result<void> {
                      text += '\n';
                      return {};
                    }},
                   rules);
  for (; !archive.empty(); archive.remove_prefix(std::min(step, archive.size())))
    if (auto added = reader.add(archive.substr(0, step)); !added) return "error: " + added.error().message;
  if (auto finished = reader.finish(); !finished) return "error: " + finished.error().message;
  return text;
}

TEST(Tar, WhatIsWrittenIsRead) {
  const std::string long_name = "/pg_tblspc/16385/PG_15_202209061/5/" + std::string(120, 'n');
  const std::vector<File> files = {
      {{"/", 'd', 0700, 0, 5, 0, ""}, ""},        {{"/base/1/1259", 'f', 0600, 600, 5, 0, ""}, std::string(600, 'x')},
      {{"/short", 'f', 0600, 5, 5, 0, ""}, "ab"}, {{"/grown", 'f', 0640, 3, 5, 0, ""}, "abcdef"},
      {{"/empty", 'f', 0600, 0, 5, 0, ""}, ""},   {{long_name, 'f', 0600, 512, 5, 0, ""}, std::string(512, 'y')}};
  const std::string expected =
      "/ d 700 0: \n/base/1/1259 f 600 600: " + std::string(600, 'x') + "\n/short f 600 5: ab" + std::string(3, '\0') +
      "\n/grown f 640 3: abc\n/empty f 600 0: \n" + long_name + " f 600 512: " + std::string(512, 'y') + "\n";
  for (const std::size_t step : {1U, 7U, 512U, 100'000U}) {
    std::vector<std::string> hashes;
    const std::string archive = written(files, step, &hashes);
    EXPECT_EQ(archive.size() % 512, 0U);
    EXPECT_EQ(seen(archive, step), expected) << step;
    EXPECT_EQ(hashes.at(0), "");
    EXPECT_EQ(hashes.at(3), store::hex(store::raw_sha256("abc")));
    EXPECT_EQ(hashes.at(2), store::hex(store::raw_sha256(std::string_view("ab\0\0\0", 5))));
  }
}

TEST(Tar, GnuTarReadsItAndIsRead) {
  const std::string path = testing::TempDir() + "tar_test." + std::to_string(::getpid());
  const std::string long_name = std::string(90, 'd') + "/" + std::string(120, 'n');
  std::ofstream(path + ".tar") << written({{{long_name, 'f', 0600, 3, 5, 0, ""}, "abc"}}, 100);
  const std::string script = fmt::format(
      "set -e; rm -rf {0}.d; mkdir {0}.d; tar -xf {0}.tar -C {0}.d; grep -q abc {0}.d/{1}; cd {0}.d; "
      "for f in gnu pax ustar; do tar --format=$f --owner=0 --group=0 -cf {0}.$f {2} || [ $f = ustar ]; done; "
      "ln -s x link; tar -cf {0}.link link",
      path, long_name, std::string(90, 'd'));
  ASSERT_EQ(std::system(("bash -c '" + script + "' 2>/dev/null").c_str()), 0);
  const auto read = [&](const std::string& suffix) {
    std::stringstream text;
    text << std::ifstream(path + suffix).rdbuf();
    return text.str();
  };
  for (const auto* suffix : {".gnu", ".pax"})
    EXPECT_NE(seen(read(suffix), 1000).find(long_name + " f 600 3: abc"), std::string::npos) << suffix;
  EXPECT_TRUE(seen(read(".link"), 1000).starts_with("error: the archive holds something"));
  EXPECT_EQ(seen(read(".link"), 1000, {true, true}).substr(0, 7), "link l ");
  ASSERT_EQ(std::system(("rm -rf " + path + ".*").c_str()), 0);
}

TEST(Tar, ASizeBeyondEightGigabytes) {
  TarSource source;
  source.next = [given = false]() mutable -> Result<std::optional<TarMember>> {
    if (std::exchange(given, true)) return std::optional<TarMember>();
    return TarMember{{"/large", 'f', 0600, std::uint64_t{9} << 30, 5, 0, ""}, text_source("", 1)};
  };
  auto stream = tar_stream(std::move(source));
  std::string head(4096, '\0');
  ASSERT_EQ(*stream(head), head.size());
  std::uint64_t size = 0;
  TarReader reader({[&](const TarEntry& entry) -> Result<void> {
                      size = entry.size;
                      return {};
                    },
                    {},
                    {}});
  ASSERT_TRUE(reader.add(head));
  EXPECT_EQ(size, std::uint64_t{9} << 30);
  EXPECT_FALSE(reader.finish());
}

TEST(Tar, DamageIsFound) {
  const std::string archive = written({{{"/a", 'f', 0600, 5, 5, 0, ""}, "hello"}}, 512);
  EXPECT_EQ(seen(archive, 512), "/a f 600 5: hello\n");
  for (std::size_t size = 1; size < archive.size(); size += 100)
    EXPECT_TRUE(seen(archive.substr(0, size), 512).starts_with("error: ")) << size;
  EXPECT_EQ(seen(archive.substr(0, 1024), 512, {false, false}), "/a f 600 5: hello\n");
  std::string flipped = archive;
  flipped[1] = 'b';
  EXPECT_EQ(seen(flipped, 512), "error: a header's checksum does not match");
  EXPECT_EQ(seen(archive + "more", 512), "error: there is something behind the archive's end");
  EXPECT_TRUE(seen(std::string(512, 'x'), 512).starts_with("error: "));
}

TEST(Tar, NamesThatClimbOut) {
  EXPECT_EQ(*safe_name("/base/1/1259"), "base/1/1259");
  EXPECT_EQ(*safe_name("./base/"), "base");
  EXPECT_EQ(*safe_name("/"), "");
  EXPECT_EQ(*safe_name("./"), "");
  for (const std::string& name :
       {std::string(".."), std::string("/../etc"), std::string("a/../../b"), std::string("a//b"), std::string("a/./b"),
        std::string("a/.."), std::string("a\0b", 3), std::string(300, 'n')})
    EXPECT_FALSE(safe_name(name)) << name;
}

}  // namespace
}  // namespace pgcontract::walg
