// The hash tree without a server: what makes two schemas alike, how a difference is told, who is odd.
#include "fingerprint/tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pgcontract::fingerprint {
namespace {

using Nodes = std::vector<Node>;

SchemaFingerprint made(const std::string& schema, const Nodes& nodes) {
  auto pool = std::make_shared<NodePool>();
  SchemaFingerprint made{schema, true, {}, {}, false, {}, pool};
  for (const auto& node : nodes) made.nodes.push_back(pool->intern(node.kind, node.name, node.attributes));
  seal(made);
  return made;
}

const Nodes kBase = {{"table", "t", {{"owner", "o"}}, {}},
                     {"column", "t.a", {{"type", "integer"}, {"not null", "yes"}}, {}},
                     {"column order", "t", {{"a", "-"}}, {}}};

TEST(FingerprintTree, does_not_depend_on_the_order_of_its_nodes) {
  Nodes turned = kBase;
  std::ranges::reverse(turned);
  EXPECT_EQ(made("a", kBase).root, made("b", turned).root);
  EXPECT_EQ(made("a", kBase).root.size(), 64u);
}

TEST(FingerprintTree, changes_with_every_part_of_a_node) {
  for (const auto& [kind, name, attribute, value] :
       {std::tuple("view", "t.a", "type", "integer"), std::tuple("column", "t.b", "type", "integer"),
        std::tuple("column", "t.a", "typ", "integer"), std::tuple("column", "t.a", "type", "integer2")}) {
    Nodes other = kBase;
    other[1] = {kind, name, {{attribute, value}, {"not null", "yes"}}, {}};
    EXPECT_NE(made("a", kBase).root, made("b", other).root) << kind << name << attribute << value;
  }
}

// A name can hold every character but NUL, so also those that stand between the parts.
TEST(FingerprintTree, tells_a_mark_within_a_name_from_one_between_parts) {
  const std::string unit(1, kUnitMark), record(1, kRecordMark), group(1, kGroupMark);
  const Nodes one = {{"column", "t", {{"a", "b" + record + "c" + unit + "d"}}, {}}};
  const Nodes two = {{"column", "t", {{"a", "b"}, {"c", "d"}}, {}}};
  const Nodes three = {{"column", "t" + group + "a" + unit + "b", {}, {}}};
  EXPECT_NE(made("a", one).root, made("b", two).root);
  EXPECT_NE(made("a", two).root, made("b", three).root);
  const auto back = made("a", one);
  EXPECT_EQ(back.nodes[0]->attributes[0].value, one[0].attributes[0].value);
  const Nodes escaped = {{"column", "\x1c\x5c", {{"\x1c", "\x1c\x1c"}}, {}}};
  EXPECT_EQ(made("a", escaped).nodes[0]->name, "\x1c\x5c");
}

TEST(FingerprintTree, tells_an_attribute_with_both_sides) {
  Nodes other = kBase;
  other[1].attributes = {{"type", "bigint"}, {"default", "1"}};
  const auto found = differences(made("a", kBase), made("b", other));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].attribute, "type");
  EXPECT_EQ(found[0].expected, "integer");
  EXPECT_EQ(found[0].found, "bigint");
  EXPECT_EQ(found[1].attribute, "not null");
  EXPECT_EQ(found[1].found, std::nullopt);
  EXPECT_EQ(found[2].attribute, "default");
  EXPECT_EQ(found[2].expected, std::nullopt);
}

TEST(FingerprintTree, tells_a_table_and_not_its_parts_one_by_one) {
  const auto found = differences(made("a", kBase), made("b", {}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "table");
  EXPECT_EQ(found[0].expected, "present");
}

TEST(FingerprintTree, tells_the_order_of_columns_only_where_common_ones_stand_otherwise) {
  const Nodes one = {{"column order", "t", {{"a", "-"}, {"b", "-"}}, {}}};
  const Nodes more = {{"column order", "t", {{"a", "-"}, {"c", "-"}, {"b", "-"}}, {}}};
  const Nodes turned = {{"column order", "t", {{"b", "-"}, {"a", "-"}}, {}}};
  EXPECT_TRUE(differences(made("a", one), made("b", more)).empty());
  const auto found = differences(made("a", one), made("b", turned));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].expected, "a, b");
  EXPECT_EQ(found[0].found, "b, a");
}

TEST(FingerprintTree, takes_the_majority_for_what_is_expected) {
  Nodes other = kBase;
  other[1].attributes[0].value = "bigint";
  const auto a = made("a", other), b = made("b", kBase), c = made("c", kBase), d = made("d", {});
  const DriftSet set = compare_alike("tenants", {&a, &b, &c, &d});
  EXPECT_EQ(set.reference, "b");
  EXPECT_EQ(set.alike, 2u);
  EXPECT_EQ(set.members(), 4u);
  ASSERT_EQ(set.groups.size(), 2u);
  EXPECT_EQ(set.groups[0].schemas, std::vector<std::string>{"a"});
  // Of two that differ the first by name is the measure: the answer is the same each time.
  EXPECT_EQ(compare_alike("tenants", {&d, &a}).reference, "a");
  EXPECT_EQ(compare_alike("tenants", {}).members(), 0u);
}

}  // namespace
}  // namespace pgcontract::fingerprint
