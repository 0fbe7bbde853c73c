#include "yaml/document.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace pgcontract::yaml {
namespace {

Document read(const std::string& text) {
  auto document = Document::parse(text, "f.yaml");
  EXPECT_TRUE(document) << document.error().describe();
  return document ? std::move(*document) : Document::parse("", "f.yaml").value();
}

std::string error_of(const std::string& text) {
  const auto document = Document::parse(text, "f.yaml");
  if (document) return "accepted";
  EXPECT_EQ(document.error().code, ErrorCode::InvalidInput);
  return document.error().describe();
}

TEST(Document, KeepsOrderTextAndMarks) {
  const auto document = read("b: 1\na:\n  - 'x y'\n  - é: \"q\"\n    z: [u, {v: w}]\n");
  const Node& root = document.root();
  ASSERT_EQ(root.kind, Node::Kind::Mapping);
  ASSERT_EQ(root.entries.size(), 2u);
  EXPECT_EQ(root.entries[0].key, "b");
  EXPECT_EQ(root.entries[1].mark, (Mark{2, 1}));
  const Node* list = root.find("a");
  ASSERT_EQ(list->items.size(), 2u);
  EXPECT_EQ(list->items[0]->text, "x y");
  EXPECT_TRUE(list->items[0]->quoted);
  EXPECT_EQ(list->items[0]->mark, (Mark{3, 5}));
  const Node* inner = list->items[1];
  EXPECT_EQ(inner->find("é")->mark, (Mark{4, 8}));  // characters, not bytes
  EXPECT_EQ(inner->find("z")->items[1]->find("v")->text, "w");
  EXPECT_EQ(document.where(inner->entries[1].mark), "f.yaml:5:5");
  EXPECT_EQ(root.find("nothing"), nullptr);
}

TEST(Document, SurvivesBeingMoved) {
  auto document = read("a: {b: c}\n");
  const Node* inner = document.root().find("a");
  const Document moved = std::move(document);
  EXPECT_EQ(moved.root().find("a"), inner);
  EXPECT_EQ(moved.source_of(*inner), "{b: c}");
}

TEST(Document, TellsScalarsApartAsTheCoreSchemaDoes) {
  const auto kind = [](const std::string& value) {
    const auto document = read("a: " + value + "\n");
    return std::string(describe_kind(*document.root().find("a")));
  };
  for (const auto* value : {"", "~", "null"}) EXPECT_EQ(kind(value), "nothing") << value;
  for (const auto* value : {"true", "False"}) EXPECT_EQ(kind(value), "true or false") << value;
  for (const auto* value : {"0", "-12", "+1", "1.5e3", ".5", "007", "0x1F", "0o17", ".inf", "-.inf", ".nan"})
    EXPECT_EQ(kind(value), "a number") << value;
  for (const auto* value :
       {"yes", "no", "off", "1a", "0x", "+", ".", "inf", "nan", "2027-06-30", "'1'", "\"null\"", "'true'", "|\n  1"})
    EXPECT_EQ(kind(value), "text") << value;
}

TEST(Document, QuotesASectionAsWritten) {
  const auto document = read(
      "backup:\n  store: 's3://x'  # where\n  list:\n    - a\n\n# about the next\nflow: { a: b,\n  c: [d] }\nlast: "
      "\"q\"\n");
  EXPECT_EQ(document.source_of(*document.root().find("backup")), "store: 's3://x'  # where\nlist:\n  - a");
  EXPECT_EQ(document.source_of(*document.root().find("flow")), "{ a: b,\nc: [d] }");
  EXPECT_EQ(document.source_of(*document.root().find("last")), "\"q\"");
}

TEST(Document, AliasIsTheNodeItNames) {
  const auto document = read("a: &x {k: v}\nb: *x\n");
  EXPECT_EQ(document.root().find("b"), document.root().find("a"));
}

TEST(Document, EmptyTextHasANullRoot) {
  for (const auto* text : {"", "# only a comment\n", "---\n"}) EXPECT_TRUE(read(text).root().is_null()) << text;
}

TEST(Document, ReadsByteOrderMarkAndWindowsLines) {
  const auto document = read(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n");
  EXPECT_EQ(document.root().find("b")->text, "2");
  EXPECT_EQ(document.root().find("b")->mark, (Mark{2, 4}));
}

TEST(Document, RefusesDuplicateKeysInEveryStyle) {
  EXPECT_EQ(error_of("a: 1\nb: 2\na: 3\n"), "f.yaml:3:1: the key \"a\" is given twice");
  EXPECT_EQ(error_of("x: {a: 1, 'a': 2}\n"), "f.yaml:1:11: the key \"a\" is given twice");
  EXPECT_EQ(Document::parse("a: 1\n\na: 3\n", "f").error().hint, "It stands on line 1 already: keep one of them.");
}

TEST(Document, RefusesBrokenSyntaxWithItsPlace) {
  EXPECT_EQ(error_of("a:\n\tb: 1\n"), "f.yaml:2:1: a tab is used as indentation");
  EXPECT_EQ(error_of("\ta: 1\n"), "f.yaml:1:1: a tab is used as indentation");
  EXPECT_EQ(error_of("a: b: c\n"), "f.yaml:1:5: a second \": \" on one line");
  EXPECT_EQ(error_of("x: 1\na: [1,\n  2\n"), "f.yaml:2:4: a bracket is opened and never closed");
  EXPECT_EQ(error_of("a: 'x\n"), "f.yaml:1:5: a quote is opened and never closed");
  EXPECT_EQ(error_of("word\nb: 1\n"), "f.yaml:1:1: a key without a value");
  EXPECT_EQ(error_of("a:\n  b: 1\n c: 2\n"), "f.yaml:3:2: a key is indented unlike its neighbours");
  EXPECT_EQ(error_of("a: @x\n"), "f.yaml:1:4: plain scalar cannot start with '@'");
  EXPECT_EQ(error_of(": x\n"), "f.yaml:1:1: a key is missing before the colon");
}

TEST(Document, RefusesWhatItDoesNotSupportByName) {
  EXPECT_EQ(error_of("a: &x {}\nb:\n  <<: *x\n"), "f.yaml:3:3: merge keys (<<) are not supported");
  EXPECT_EQ(error_of("a: !foo b\n"), "f.yaml:1:9: tags (!name) are not supported");
  EXPECT_EQ(error_of("? [a]\n: b\n"), "f.yaml:1:3: a key must be text, not a mapping or a list");
  EXPECT_EQ(error_of("a: 1\n---\nb: 1\n"), "f.yaml:2:1: a second document starts here");
  EXPECT_EQ(error_of("a: &x k\n*x : 1\n"), "f.yaml:2:1: an alias is used as a key");
}

TEST(Document, RefusesAliasesWithoutAnchorAndWithinThemselves) {
  EXPECT_EQ(error_of("a: *x\n"), "f.yaml:1:4: the alias *x names no anchor above it");
  EXPECT_EQ(error_of("a: &x [1, *x]\n"), "f.yaml:1:11: the alias *x stands inside the value it names");
}

TEST(Document, RefusesBytesThatAreNotText) {
  EXPECT_EQ(error_of(std::string("a: 1\nb: \0x\n", 11)), "f.yaml:2:4: the file contains a NUL byte");
  EXPECT_EQ(error_of("a: \x1b[31m\n"), "f.yaml:1:4: the file contains the control character 0x1b");
  for (const auto* bytes : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
    EXPECT_EQ(error_of(fmt::format("é: {}", bytes)), "f.yaml:1:4: the file is not valid UTF-8");
  EXPECT_EQ(read("a: \"\xF0\x9F\x98\x80 \xED\x9F\xBF\"\n").root().entries.size(), 1u);
}

TEST(Document, BoundsAliases) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    laughs += fmt::format("a{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j) laughs += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
    laughs += "]\n";
  }
  EXPECT_EQ(error_of(laughs), "f.yaml:5:45: the file holds more than 100000 values");
}

TEST(Document, BoundsDepthAndSize) {
  const auto nested = [](int depth) { return std::string(depth, '[') + "x" + std::string(depth, ']'); };
  EXPECT_EQ(error_of(nested(kMaxDepth)), "accepted");
  EXPECT_EQ(error_of(nested(kMaxDepth + 1)), "f.yaml:1:65: values are nested more than 64 deep");
  EXPECT_EQ(error_of(std::string(500'000, '[')), "f.yaml:1:65: values are nested more than 64 deep");
  EXPECT_EQ(error_of("# " + std::string(kMaxBytes - 2, 'x')), "accepted");
  EXPECT_EQ(error_of("# " + std::string(kMaxBytes - 1, 'x')), "f.yaml: the file is larger than 1048576 bytes");
}

}  // namespace
}  // namespace pgcontract::yaml
