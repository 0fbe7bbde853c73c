#include "report/display.hpp"

#include <gtest/gtest.h>

namespace pgcontract::report {
namespace {

TEST(Visible, LeavesTextAndShowsWhatCannotBeSeen) {
  EXPECT_EQ(visible("Zürich 東京 👍"), "Zürich 東京 👍");
  EXPECT_EQ(visible(std::string_view("a\0b\n\x7f", 5)), "a\\x00b\\x0a\\x7f");
  EXPECT_EQ(visible("\xc2\x9b"
                    "2J"),
            "\\x9b2J");
  EXPECT_EQ(visible("\u202e"), "\\u{202e}");
}

TEST(Visible, ShowsMalformedBytes) {
  EXPECT_EQ(visible("\xc0\xaf"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(visible("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(visible("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(visible("\xe6\x9d"), "\\xe6\\x9d");  // cut short
}

TEST(Columns, CountsWhatATerminalShows) {
  EXPECT_EQ(columns_of("abc"), 3);
  EXPECT_EQ(columns_of("Zürich"), 6);
  EXPECT_EQ(columns_of("e\u0301"), 1);
  EXPECT_EQ(columns_of("東京"), 4);
  EXPECT_EQ(columns_of("👍"), 2);
  EXPECT_EQ(columns_of("✔ …"), 3);
}

TEST(Cut, NeverExceedsItsColumnsNorSplitsACharacter) {
  EXPECT_EQ(cut("abcdef", 6, "…"), "abcdef");
  EXPECT_EQ(cut("abcdefg", 6, "…"), "abcde…");
  EXPECT_EQ(cut("東京支社", 6, "…"), "東京…");
  EXPECT_EQ(cut("ab cdefg", 4, "…"), "ab…");
}

TEST(Wrapped, BreaksAtSpacesAndIndentsWhatFollows) {
  EXPECT_EQ(wrapped("one two three", 8, 0), "one two\n  three");
  EXPECT_EQ(wrapped("one two three", 11, 2), "  one two\n    three");
  EXPECT_EQ(wrapped("a-word-longer-than-that b", 8, 0), "a-word-longer-than-that\n  b");
}

TEST(Labelled, IndentsEveryLine) { EXPECT_EQ(labelled("undo: ", "A;\nB;\n", 2), "  undo: A;\n        B;\n"); }

TEST(Duration, GrowsItsUnit) {
  EXPECT_EQ(duration(0.004), "0.00 s");
  EXPECT_EQ(duration(12.34), "12.3 s");
  EXPECT_EQ(duration(200.4), "3 min 20 s");
  EXPECT_EQ(duration(-1), "?");
}

}  // namespace
}  // namespace pgcontract::report
