// Texts of the catalog that mean the same and look different.
#include "fingerprint/canonical.hpp"

#include <gtest/gtest.h>

namespace pgcontract::fingerprint {
namespace {

TEST(Canonical, replaces_a_schema_where_it_qualifies_and_own_words_where_they_are_whole) {
  const OwnNames own("tenant_4f", {{"tenant_4f", "{schema}"}, {"app_tenant_4f", "{role}"}});
  EXPECT_EQ(own.replace("nextval('tenant_4f.s'::regclass)"), "nextval('{schema}.s'::regclass)");
  EXPECT_EQ(own.replace("app_tenant_4f, tenant_4f, tenant_4fa, xtenant_4f"),
            "{role}, {schema}, tenant_4fa, xtenant_4f");
  EXPECT_EQ(own.replace("a tenant_5a"), "a tenant_5a");
  EXPECT_TRUE(own.may_touch("x app_tenant_4f"));
  EXPECT_FALSE(own.may_touch("x tenant_5a"));
}

// A schema called app must not swallow a column or alias of that name.
TEST(Canonical, leaves_a_common_word_alone_unless_it_qualifies) {
  const OwnNames own("app", {});
  EXPECT_EQ(own.replace("(app = 'app'::text) AND app.f(x)"), "(app = 'app'::text) AND {schema}.f(x)");
  EXPECT_EQ(own.replace("\"app\".x, b.app.c, my_app.d"), "\"app\".x, b.app.c, my_app.d");
  const OwnNames odd("My \"app\"", {});
  EXPECT_EQ(odd.replace("\"My \"\"app\"\"\".t"), "{schema}.t");
}

TEST(Canonical, moves_the_cast_of_an_array_into_its_elements) {
  const std::string once = "((s)::text = ANY ((ARRAY['a, b'::character varying, 'it''s'::character varying])::text[]))";
  const std::string reloaded =
      "((s)::text = ANY (ARRAY[('a, b'::character varying)::text, ('it''s'::character varying)::text]))";
  EXPECT_EQ(canonical_expression(once), canonical_expression(reloaded));
  EXPECT_EQ(canonical_expression(once), "((s)::text = ANY (ARRAY['a, b'::text, 'it''s'::text]))");
  EXPECT_EQ(canonical_expression("(ARRAY[f(a, b), c])::tenant_4f.mood[]"),
            "ARRAY[(f(a, b))::tenant_4f.mood, (c)::tenant_4f.mood]");
}

TEST(Canonical, leaves_what_only_looks_like_such_a_cast) {
  for (const char* text : {"'(ARRAY[1])::text[]'", "(ARRAY[1, 2])", "ARRAY[1, 2]", "(ARRAY[", "(ARRAY['",
                           "('a'::character varying)", "('a'::character varying(3))::text", "('", ""})
    EXPECT_EQ(canonical_expression(text), text);
}

TEST(Canonical, takes_the_prefix_of_the_only_relation_away_before_16) {
  const std::string old =
      " SELECT r.id,\n    lower(r.title) AS low\n   FROM s.reports r\n  WHERE (r.state = 'r.x'::text)\n  ORDER BY "
      "r.id;";
  const std::string now =
      " SELECT id,\n    lower(title) AS low\n   FROM s.reports r\n  WHERE (state = 'r.x'::text)\n  ORDER BY id;";
  EXPECT_EQ(canonical_view(old, 150000), now);
  EXPECT_EQ(canonical_view(now, 160000), now);
  const std::string within =
      " SELECT t.a\n   FROM s.t\n  WHERE (EXISTS ( SELECT 1\n           FROM s.u\n          WHERE (u.a = t.a)));";
  EXPECT_EQ(canonical_view(within, 150000),
            " SELECT a\n   FROM s.t\n  WHERE (EXISTS ( SELECT 1\n           FROM s.u\n          WHERE (u.a = t.a)));");
}

TEST(Canonical, keeps_the_prefixes_where_there_are_several_relations) {
  for (const char* text :
       {" SELECT a.x\n   FROM s.a\n     JOIN s.b ON a.x = b.x;", " SELECT a.x\n   FROM s.a,\n    s.b;",
        " SELECT a.x\n   FROM s.a\nUNION\n SELECT b.x\n   FROM s.b;", " SELECT 1 AS x;"})
    EXPECT_EQ(canonical_view(text, 150000), text);
}

TEST(Canonical, tells_privileges_without_their_order_and_with_all_of_a_version_alike) {
  const OwnNames own("s", {{"app_s", "{role}"}});
  EXPECT_EQ(canonical_privileges("{o=arwdDxt/o,app_s=r*/o,=r/o}", 'r', 150000, own),
            canonical_privileges("{=r/o,app_s=r*/o,o=arwdDxtm/o}", 'r', 170000, own));
  EXPECT_EQ(canonical_privileges("{o=arwdDxt/o,app_s=r*/o}", 'r', 150000, own),
            "o: ALL by o; {role}: SELECT (may grant SELECT) by o");
  EXPECT_NE(canonical_privileges("{o=arwdDxt/o}", 'r', 170000, own),
            canonical_privileges("{o=arwdDxtm/o}", 'r', 170000, own));
  EXPECT_EQ(canonical_privileges("{}", 'r', 150000, own), "none");
}

}  // namespace
}  // namespace pgcontract::fingerprint
