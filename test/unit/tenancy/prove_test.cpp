// The prover on literal worlds: what a server of one version cannot show, and what counts.
#include "tenancy/prove.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tenancy/acl_items.hpp"
#include "tenancy/body.hpp"
#include "tenancy/row_guard.hpp"

namespace pgcontract::tenancy {
namespace {

constexpr Oid kOwner = 11, kGroup = 13, kFirstRole = 1000, kApi = 101, kFirstSchema = 2000, kFirstTable = 5000;

Role role(Oid oid, Text name) {
  Role made;
  made.oid = oid;
  made.name = name;
  return made;
}

// So many tenants, each with a schema, a role in the group and one table.
struct World {
  Contract contract;
  Observation o;

  explicit World(std::size_t tenants, int version = 150020) {
    contract.schemas.application.name = "api";
    contract.tenancy.emplace();
    o.server.version_num = version;
    o.server.database_oid = 1;
    o.databases.push_back({1, "db", 10, "{postgres=CTc/postgres,pgc_tenant=c/postgres}", true, {}, {}});
    o.roles.push_back(role(10, "postgres"));
    o.roles.back().superuser = true;
    o.roles.push_back(role(kOwner, "pgc_owner"));
    o.roles.push_back(role(kGroup, "pgc_tenant"));
    o.schemas.push_back({kApi, "api", kOwner, "{pgc_owner=UC/pgc_owner,pgc_tenant=U/pgc_owner}", {}});
    for (std::size_t i = 0; i < tenants; ++i) add_tenant(static_cast<Oid>(i));
    o.seal();
  }

  std::string hex(Oid i) const { return fmt::format("{:08x}0000400080000000000000aa", i); }
  std::string role_name(Oid i) const { return "app_tenant_" + hex(i); }

  void add_tenant(Oid i) {
    const Text name = o.keep(role_name(i));
    o.roles.push_back(role(kFirstRole + i, name));
    o.roles.back().login = true;
    o.memberships.push_back({kGroup, kFirstRole + i, false, true, o.server.version_num < 160000});
    o.schemas.push_back({kFirstSchema + i,
                         o.keep("tenant_" + hex(i)),
                         kOwner,
                         o.keep(fmt::format("{{pgc_owner=UC/pgc_owner,{}=U/pgc_owner}}", name)),
                         {}});
    Relation table;
    table.oid = kFirstTable + i;
    table.schema = kFirstSchema + i;
    table.name = "notes";
    table.owner = kOwner;
    table.acl = o.keep(fmt::format("{{pgc_owner=arwdDxt/pgc_owner,{}=arwd/pgc_owner}}", name));
    o.relations.push_back(table);
  }

  Proof prove(std::optional<Uuid> only = std::nullopt) {
    o.seal();
    return tenancy::prove(contract, o, only);
  }
};

const Break* find(const Proof& proof, std::string_view kind) {
  const auto at = std::ranges::find(proof.breaks, kind, &Break::kind);
  return at == proof.breaks.end() ? nullptr : &*at;
}

TEST(Prove, holds_for_all_pairs_of_the_design) {
  for (const int version : {140020, 150020, 160010, 180004}) {
    World world(50, version);
    const Proof proof = world.prove();
    EXPECT_TRUE(proof.holds()) << proof.breaks.front().kind;
    EXPECT_EQ(proof.pairs, 50 * 49);
    EXPECT_EQ(proof.broken_pairs, 0);
    EXPECT_EQ(proof.classes, 1);
  }
}

TEST(Prove, counts_each_broken_pair_once) {
  World world(10);
  for (auto& relation : world.o.relations)  // the group reads the tables of tenants 0 to 4
    if (relation.oid < kFirstTable + 5)
      relation.acl = world.o.keep(std::string(relation.acl.substr(0, relation.acl.size() - 1)) + ",pgc_tenant=r/x}");
  for (auto& schema : world.o.schemas)
    if (schema.oid >= kFirstSchema)
      schema.acl = world.o.keep(std::string(schema.acl.substr(0, schema.acl.size() - 1)) + ",pgc_tenant=U/x}");
  const Proof proof = world.prove();
  ASSERT_NE(find(proof, "table_grant"), nullptr);
  EXPECT_EQ(find(proof, "table_grant")->pairs, 10 * 5 - 5);
  EXPECT_EQ(find(proof, "table_grant")->objects, 5);
  EXPECT_EQ(find(proof, "table_grant")->whom.tenants, 5);
  ASSERT_NE(find(proof, "schema_grant"), nullptr);
  EXPECT_EQ(proof.broken_pairs, 10 * 9);
}

TEST(Prove, tells_INHERIT_SET_and_ADMIN_apart) {
  struct Case {
    bool admin, inherit, set;
    std::string_view kind;
  };
  for (const auto& [admin, inherit, set, kind] :
       {Case{false, true, false, "inherits_role"}, Case{false, false, true, "becomes_role"},
        Case{true, false, false, "admin_option"}, Case{false, false, false, ""}}) {
    World world(2, 160010);
    world.o.memberships.push_back({kFirstRole + 1, kFirstRole, admin, inherit, set});
    const Proof proof = world.prove();
    EXPECT_EQ(proof.holds(), kind.empty());
    if (kind.empty()) continue;
    ASSERT_EQ(proof.breaks.size(), 1u);
    EXPECT_EQ(proof.breaks[0].kind, kind);
    EXPECT_EQ(proof.breaks[0].pairs, 1);
    const std::string& sql = proof.breaks[0].demonstration.at(0).sql;
    EXPECT_EQ(sql.find("GRANT") != std::string::npos, admin) << sql;
    EXPECT_EQ(sql.find("SET ROLE") != std::string::npos, set || admin) << sql;
  }
}

// Privileges that are merely inherited do not lead on by SET ROLE.
TEST(Prove, does_not_become_what_it_only_inherits) {
  World world(2, 160010);
  world.o.roles.push_back(role(50, "middle"));
  world.o.memberships.push_back({50, kFirstRole, false, true, false});
  world.o.memberships.push_back({kFirstRole + 1, 50, false, false, true});
  EXPECT_TRUE(world.prove().holds());
  world.o.memberships[2].set = true;
  std::ranges::for_each(world.o.memberships, [](Membership& m) { m.set = m.set || m.role == 50; });
  const Proof proof = world.prove();
  ASSERT_EQ(proof.breaks.size(), 1u);
  EXPECT_EQ(path_text(proof.breaks[0]),
            world.role_name(0) + " -[member, SET]-> middle -[member, SET]-> " + world.role_name(1));
}

TEST(Prove, CREATEROLE_was_everything_before_16) {
  for (const bool old : {true, false}) {
    World world(2, old ? 150020 : 160010);
    for (auto& each : world.o.roles)
      if (each.oid == kFirstRole) each.create_role = true;
    const Proof proof = world.prove();
    ASSERT_NE(find(proof, "createrole"), nullptr);
    EXPECT_EQ(find(proof, "createrole")->certain, old);
    EXPECT_EQ(proof.classes, 2);
  }
}

TEST(Prove, looks_only_at_pairs_of_one_tenant) {
  World world(5);
  world.o.memberships.push_back({kFirstRole + 1, kFirstRole, false, true, true});
  const auto id = [&](Oid i) { return *Uuid::parse(world.hex(i)); };
  EXPECT_FALSE(world.prove(id(0)).holds());
  EXPECT_FALSE(world.prove(id(1)).holds());
  EXPECT_TRUE(world.prove(id(2)).holds());
  EXPECT_EQ(world.prove(id(2)).pairs, 8);
  EXPECT_EQ(world.prove(id(1)).broken_pairs, 1);
}

// A grant to one tenant on another's schema is kept as a pair, not as sets of both sides.
TEST(Prove, looks_at_pairs_of_one_tenant_that_single_grants_make) {
  World world(5);
  for (auto& schema : world.o.schemas)
    if (schema.oid == kFirstSchema + 1)
      schema.acl =
          world.o.keep(fmt::format("{},{}=U/x}}", schema.acl.substr(0, schema.acl.size() - 1), world.role_name(0)));
  const auto id = [&](Oid i) { return *Uuid::parse(world.hex(i)); };
  for (const Oid tenant : {0, 1}) {
    const Proof proof = world.prove(id(tenant));
    ASSERT_NE(find(proof, "schema_grant"), nullptr) << tenant;
    EXPECT_EQ(find(proof, "schema_grant")->pairs, 1);
    EXPECT_EQ(proof.broken_pairs, 1);
  }
  EXPECT_TRUE(world.prove(id(2)).holds());
}

TEST(Prove, is_empty_without_tenants) {
  World world(0);
  const Proof proof = world.prove();
  EXPECT_TRUE(proof.holds());
  EXPECT_EQ(proof.pairs, 0);
}

TEST(AclItems, reads_names_that_need_quotes) {
  std::vector<std::pair<std::string, std::string>> seen;
  const auto note = [&](Text name, Text letters) { seen.emplace_back(name, letters); };
  for_each_grant(
      "{postgres=arwdDxt/postgres,=r/postgres,\"\\\"odd, \\\"\\\"one\\\"\\\"\\\"=r*w/postgres\",last=U/\\\"o}", note);
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0], (std::pair<std::string, std::string>{"postgres", "arwdDxt"}));
  EXPECT_EQ(seen[1], (std::pair<std::string, std::string>{"", "r"}));
  EXPECT_EQ(seen[2], (std::pair<std::string, std::string>{"odd, \"one\"", "r*w"}));
  EXPECT_EQ(seen[3], (std::pair<std::string, std::string>{"last", "U"}));
}

TEST(Body, sees_words_but_not_strings_and_comments) {
  const Body body =
      read_body("SELECT 'EXECUTE' -- execute\n /* execute */ FROM Api.\"Odd Name\" WHERE $q$ execute $q$ = $1");
  EXPECT_FALSE(body.says("execute"));
  EXPECT_TRUE(body.says("where"));
  EXPECT_TRUE(
      std::ranges::any_of(body.names, [](const BodyName& n) { return n.schema == "api" && n.name == "Odd Name"; }));
  EXPECT_TRUE(read_body("BEGIN EXECUTE q; END").says("execute"));
  EXPECT_TRUE(read_body("SELECT pg_catalog.query_to_xml(q)").says("query_to_xml"));
  EXPECT_TRUE(read_body("SELECT extensions.crosstab(q)").says("crosstab*"));
}

TEST(Body, is_open_where_what_it_runs_is_not_its_own_to_say) {
  const auto why = [](std::string_view source) { return why_open(read_body(source), source); };
  for (const std::string_view source :
       {"BEGIN RAISE NOTICE E'it\\'s'; RETURN QUERY EXECUTE t || ''; END",
        "BEGIN RAISE NOTICE 'it\\'; EXECUTE t || ''; END", "/* /* */ ' */ EXECUTE t /* ' */",
        "SELECT 1$a$ ' $a$; EXECUTE q; SELECT ''", "-- '\rEXECUTE q -- '", "SELECT x FROM s.U&\"a\\005fb\"",
        "SELECT extensions.crosstab(t)", "SELECT database_to_xmlschema(true)", "DO 'BEGIN END'",
        "DO $$ x $$; UPDATE t SET a = 1", "DO LANGUAGE plpgsql 'x'", "TRUNCATE t",
        "SELECT set_config('search_path', t, true)", "SELECT set_config ( k, v, true)",
        "SELECT set_config('a.b' || k, v, true)", "SET search_path = x", "UPDATE pg_settings SET setting = 'x'"})
    EXPECT_NE(why(source), "") << source;
  for (const std::string_view source :
       {"SELECT mine.execute FROM mine", "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
        "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 1", "SELECT set_config('app.tenant_id', t, true)",
        "SELECT '\\d+', 'C:\\\\', \"a\"\"execute\"", "SELECT 'truncate' -- execute"})
    EXPECT_EQ(why(source), "") << source;
}

TEST(Body, keeps_the_last_two_parts_of_a_name) {
  const Body body = read_body("SELECT * FROM db.s.t");
  EXPECT_TRUE(std::ranges::any_of(body.names, [](const BodyName& n) { return n.schema == "s" && n.name == "t"; }));
}

struct Shared {
  World world{2};
  Relation table;
  Shared() {
    table.oid = 400;
    table.owner = kOwner;
    table.rls_enabled = table.rls_forced = true;
  }
  void add(std::string_view expression, bool permissive, char command = '*', Text check = {}) {
    world.o.policies.push_back({0,
                                400,
                                world.o.keep(fmt::format("p{}", world.o.policies.size())),
                                permissive,
                                command,
                                {0},
                                world.o.keep(expression),
                                check});
  }
  Judgement judge(char command) {
    world.o.seal();
    return judge_rows(world.contract, world.o, table, command, {[](Oid role) { return role == 0; }, false});
  }
};
constexpr std::string_view kBound = "(tenant_id = ( SELECT pgcontract.role_tenant() AS role_tenant))";
constexpr std::string_view kSetting = "(tenant_id = ( SELECT (current_setting('app.tenant_id'::text, true))::uuid))";

TEST(RowGuard, follows_the_rules_of_policies) {
  Shared shared;
  EXPECT_EQ(shared.judge('r').guard, Guard::Holds);  // no permissive policy: no rows
  shared.add(kSetting, true);
  EXPECT_EQ(shared.judge('r').guard, Guard::Open);
  EXPECT_TRUE(shared.judge('r').certain);
  EXPECT_EQ(shared.judge('r').settings, std::vector<std::string>{"app.tenant_id"});
  shared.add(kBound, false, 'r');
  EXPECT_EQ(shared.judge('r').guard, Guard::Holds);
  EXPECT_EQ(shared.judge('d').guard, Guard::Open);
  shared.add(kBound, false, '*', "true");
  EXPECT_EQ(shared.judge('d').guard, Guard::Holds);
  EXPECT_TRUE(shared.judge('w').written_only);
  EXPECT_EQ(shared.judge('a').guard, Guard::Open);
  shared.table.rls_enabled = false;
  EXPECT_EQ(shared.judge('r').guard, Guard::Off);
}

TEST(RowGuard, does_not_trust_what_it_does_not_know) {
  Shared shared;
  shared.add("((tenant_id)::text ~~ '2%'::text)", true);
  EXPECT_EQ(shared.judge('r').guard, Guard::Open);
  EXPECT_FALSE(shared.judge('r').certain);
  Shared bound;
  bound.add(kBound, true);
  EXPECT_EQ(bound.judge('r').guard, Guard::Holds);  // all that is permitted is bound
}

}  // namespace
}  // namespace pgcontract::tenancy
