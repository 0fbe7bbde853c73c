#pragma once
// The weakenings of the design that the prover must name: those of test/weakenings, which attacks use too, and tables
// of more that no attack of the corpus stands for. {SB}, {APP}, {OWN}, {GROUP} … are put in by prove_test.cpp. For one
// program: pg_prove.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace pgcontract::test {
namespace {
struct Weakening {
  friend void PrintTo(const Weakening& weakening, std::ostream* out) { *out << weakening.name; }
  std::string name;
  std::vector<std::string> kinds;  // one of them must be named
  std::string sql;
  int from = 0;
  int before = 0;
  bool no_demonstration = false;
};

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> list;
  for (std::string word; in >> word;) list.push_back(word);
  return list;
}

Weakening read_weakening(const std::filesystem::path& path) {
  Weakening weakening{path.stem().string(), {}, "", 0, 0};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- prove: "))
      weakening.kinds = words(line.substr(10));
    else if (line.starts_with("-- from: "))
      weakening.from = std::stoi(line.substr(9));
    else if (line.starts_with("-- before: "))
      weakening.before = std::stoi(line.substr(11));
    else if (!line.starts_with("-- "))
      weakening.sql += line + '\n';
  }
  return weakening;
}

// A function that runs as the owner of everything, its path pinned, for all tenants to call.
std::string definer(std::string_view signature, std::string_view returns, std::string_view body) {
  return fmt::format(
      "SET ROLE {{OWN}}; CREATE FUNCTION {{APP}}.{0} RETURNS {1} SECURITY DEFINER SET search_path = pg_catalog, "
      "pg_temp "
      "AS $f$ {2} $f$; GRANT EXECUTE ON FUNCTION {{APP}}.{0} TO {{GROUP}}; RESET ROLE;",
      signature, returns, body);
}
// One that is not, of the owner's as well.
std::string helper(std::string_view signature, std::string_view returns, std::string_view body) {
  return fmt::format(
      "SET ROLE {{OWN}}; CREATE FUNCTION {{APP}}.{0} RETURNS {1} AS $f$ {2} $f$; REVOKE ALL ON FUNCTION {{APP}}.{0} "
      "FROM "
      "PUBLIC; RESET ROLE;",
      signature, returns, body);
}
const std::string kHelper = helper("helper()", "SETOF text LANGUAGE sql", "SELECT body FROM {SB}.agents_secrets");
const std::string kRunner = helper("runner(q text)", "text LANGUAGE plpgsql", "BEGIN EXECUTE q; RETURN q; END");
const std::string kText = "SETOF text LANGUAGE plpgsql";

// What a body hides from a reader in a hurry.
const std::vector<Weakening> kBodies = {
    {"helper_reads", {"definer_reads"}, kHelper + definer("f()", "SETOF text LANGUAGE sql", "SELECT {APP}.helper()")},
    {"helper_by_the_pinned_path",
     {"definer_dynamic"},
     kRunner + definer("f(t text)", "text LANGUAGE sql", "SELECT {APP}.runner(t)") +
         "CREATE OR REPLACE FUNCTION {APP}.f(t text) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = "
         "{APP}, "
         "pg_temp AS 'SELECT runner(t)';"},
    {"helper_by_the_callers_path",
     {"definer_dynamic"},
     kRunner + helper("middle(t text)", "text LANGUAGE sql", "SELECT {APP}.runner(t)") +
         "CREATE OR REPLACE FUNCTION {APP}.middle(t text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN runner(t); "
         "END';" +
         definer("f(t text)", "text LANGUAGE sql", "SELECT {APP}.middle(t)") +
         "ALTER FUNCTION {APP}.f(text) SET search_path = {APP}, pg_temp;"},
    {"second_overload",
     {"definer_dynamic"},
     helper("g(t int)", "int LANGUAGE sql", "SELECT 1") +
         helper("g(t text)", "text LANGUAGE plpgsql", "BEGIN EXECUTE t; RETURN t; END") +
         helper("g(t uuid)", "int LANGUAGE sql", "SELECT 1") +
         definer("f(t text)", "text LANGUAGE sql", "SELECT {APP}.g(t)")},
    {"helper_as_a_column",
     {"definer_reads"},
     helper("peek(r {APP}.reports)", "text LANGUAGE sql", "SELECT max(body) FROM {SB}.agents_secrets") +
         definer("f()", kText, "BEGIN RETURN QUERY SELECT r.peek FROM {APP}.reports AS r; END") +
         "ALTER FUNCTION {APP}.f() SET search_path = {APP}, pg_temp;"},
    {"definer_of_a_definer",
     {"definer_reads"},
     "CREATE FUNCTION {APP}.deep() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, "
     "pg_temp AS 'SELECT body FROM {APP}.reports'; REVOKE ALL ON FUNCTION {APP}.deep() FROM PUBLIC; GRANT EXECUTE ON "
     "FUNCTION {APP}.deep() TO {OWN}; " +
         definer("f()", kText, "BEGIN RETURN QUERY SELECT {APP}.deep(); END")},
    {"operator_calls",
     {"definer_dynamic"},
     helper("either(a text, b text)", "text LANGUAGE plpgsql", "BEGIN EXECUTE a; RETURN b; END") +
         "CREATE OPERATOR {APP}.~+~ (LEFTARG = text, RIGHTARG = text, FUNCTION = {APP}.either);" +
         definer("f(t text)", "text LANGUAGE sql", "SELECT t OPERATOR({APP}.~+~) t")},
    {"cast_calls",
     {"definer_reads"},
     "CREATE TYPE {APP}.pair AS (a text, b text);" +
         helper("of_pair(p {APP}.pair)", "int LANGUAGE sql", "SELECT count(*)::int FROM {SB}.agents_secrets") +
         "CREATE CAST ({APP}.pair AS int) WITH FUNCTION {APP}.of_pair({APP}.pair);" +
         definer("f(p {APP}.pair)", "int LANGUAGE sql", "SELECT p::int")},
    {"domain_check_calls",
     {"definer_dynamic"},
     kRunner + "CREATE DOMAIN {APP}.checked AS text CHECK ({APP}.runner(VALUE) IS NOT NULL);" +
         definer("f(t text)", "text LANGUAGE sql", "SELECT t::{APP}.checked")},
    {"aggregate_called_by_a_body",
     {"definer_reads"},
     helper("more(s text, v text)", "text LANGUAGE sql", "SELECT max(body) FROM {SB}.agents_secrets") +
         "CREATE AGGREGATE {APP}.gather(text) (SFUNC = {APP}.more, STYPE = text);" +
         definer("f(t text)", "text LANGUAGE sql", "SELECT {APP}.gather(t)")},
    {"trigger_of_what_is_written",
     {"definer_dynamic"},
     helper("spring()", "trigger LANGUAGE plpgsql", "BEGIN EXECUTE NEW.body; RETURN NEW; END") +
         "CREATE TRIGGER spring BEFORE INSERT ON {APP}.research_events_p0 FOR EACH ROW EXECUTE FUNCTION "
         "{APP}.spring();" +
         definer("f(t text)", "void LANGUAGE sql",
                 "INSERT INTO {APP}.research_events (tenant_id, body) VALUES ('{UA}', t)")},
    {"default_of_what_is_written",
     {"definer_reads"},
     kHelper + helper("one()", "text LANGUAGE sql", "SELECT {APP}.helper() LIMIT 1") +
         "ALTER TABLE {APP}.agents_tasks ALTER body SET DEFAULT {APP}.one();" +
         definer("f()", "void LANGUAGE sql", "INSERT INTO {APP}.agents_tasks (tenant_id) VALUES ('{UA}')")},
    {"view_in_a_body",
     {"definer_reads"},
     "CREATE VIEW {APP}.v1 AS SELECT body FROM {SB}.agents_secrets; ALTER VIEW {APP}.v1 OWNER TO {OWN};" +
         definer("f()", "SETOF text LANGUAGE sql", "SELECT body FROM {APP}.v1")},
    {"matview_in_a_body",
     {"definer_reads"},
     "CREATE MATERIALIZED VIEW {APP}.m1 AS SELECT body FROM {APP}.reports; ALTER MATERIALIZED VIEW {APP}.m1 OWNER TO "
     "{OWN};" +
         definer("f()", "SETOF text LANGUAGE sql", "SELECT body FROM {APP}.m1")},
    {"statistics_in_a_body",
     {"definer_dynamic"},
     definer("f()", "SETOF text LANGUAGE sql", "SELECT most_common_vals::text FROM pg_stats")},
    {"superusers_body",
     {"definer_dynamic"},
     definer("f()", "SETOF text LANGUAGE sql", "SELECT rolpassword FROM pg_catalog.pg_authid") +
         "ALTER FUNCTION {APP}.f() OWNER TO CURRENT_USER;"},
    {"body_truncates", {"definer_dynamic"}, definer("f()", "void LANGUAGE sql", "TRUNCATE {APP}.agents_tasks")},
    {"body_lifts_force",
     {"definer_dynamic"},
     definer("f()", "void LANGUAGE sql", "ALTER TABLE {APP}.agents_tasks NO FORCE ROW LEVEL SECURITY")},
    {"body_writes", {"definer_reads"}, definer("f()", "void LANGUAGE sql", "DELETE FROM {SB}.agents_secrets")},
    {"body_without_the_column",
     {"definer_reads"},
     "CREATE TABLE {APP}.research_everything (body text); ALTER TABLE {APP}.research_everything OWNER TO {OWN};" +
         definer("f()", "SETOF text LANGUAGE sql", "SELECT body FROM {APP}.research_everything")},
    {"escaped_quote",
     {"definer_dynamic"},
     definer("f(t text)", kText, "BEGIN RAISE NOTICE E'it\\'s'; RETURN QUERY EXECUTE t || ''; END")},
    {"quote_by_a_setting",
     {"definer_dynamic"},
     definer("f(t text)", kText, "BEGIN RAISE NOTICE 'it\\'; RETURN QUERY EXECUTE t || ''; END")},
    {"nested_comment",
     {"definer_dynamic"},
     definer("f(t text)", kText, "BEGIN /* /* */ ' */ RETURN QUERY EXECUTE t; /* ' */ END")},
    {"database_in_the_name",
     {"definer_reads"},
     definer("f()", kText, "BEGIN RETURN QUERY SELECT body FROM {DB}.{SB}.agents_secrets; END")},
    {"name_by_numbers",
     {"definer_dynamic"},
     definer("f()", kText, "BEGIN RETURN QUERY SELECT body FROM {SB}.U&\"agents\\005fsecrets\"; END")},
    {"table_to_xml",
     {"definer_dynamic"},
     definer("f(t text)", "xml LANGUAGE sql", "SELECT table_to_xml(t::regclass, true, true, '')")},
    {"extensions_crosstab",
     {"definer_dynamic"},
     definer("f(t text)", "void LANGUAGE plpgsql", "BEGIN PERFORM extensions.crosstab(t); END")},
    {"block_in_a_body",
     {"definer_dynamic"},
     definer("f()", "void LANGUAGE plpgsql", "BEGIN DO 'BEGIN DELETE FROM {SB}.agents_secrets; END'; END")},
    {"path_chosen_in_a_body",
     {"definer_dynamic"},
     definer("f(t text)", kText,
             "BEGIN PERFORM set_config('search_path', t, true); RETURN QUERY SELECT body FROM agents_secrets; END")},
    {"setting_chosen_in_a_body",
     {"definer_dynamic"},
     definer("f(k text, v text)", "text LANGUAGE sql", "SELECT set_config(k, v, true)")},
    {"sequence_in_a_string",
     {"definer_reads"},
     definer("f()", "bigint LANGUAGE sql", "SELECT nextval('{SB}.agents_secrets_id_seq')")},
};

// Who runs a body without EXECUTE on it by name, or whom an object's owner lends his rights.
const std::vector<Weakening> kIndirect = {
    {"aggregate_of_a_definer",
     {"definer_reads"},
     definer("more(s text, v text)", "text LANGUAGE sql", "SELECT max(body) FROM {SB}.agents_secrets") +
         "REVOKE ALL ON FUNCTION {APP}.more(text, text) FROM {GROUP}; SET ROLE {OWN}; CREATE AGGREGATE "
         "{APP}.gather(text) (SFUNC = {APP}.more, STYPE = text); GRANT EXECUTE ON FUNCTION {APP}.gather(text) TO "
         "{GROUP}; RESET ROLE;"},
    {"operator_class_of_a_definer",
     {"definer_reads"},
     "CREATE TYPE {APP}.pair AS (a text, b text);" +
         definer("compare(a {APP}.pair, b {APP}.pair)", "int LANGUAGE sql",
                 "SELECT count(*)::int FROM {SB}.agents_secrets") +
         "REVOKE ALL ON FUNCTION {APP}.compare({APP}.pair, {APP}.pair) FROM {GROUP}; CREATE OPERATOR CLASS {APP}.pairs "
         "FOR TYPE {APP}.pair USING btree AS FUNCTION 1 {APP}.compare({APP}.pair, {APP}.pair);"},
    {"event_trigger_of_a_definer",
     {"definer_dynamic"},
     definer("noted()", "event_trigger LANGUAGE plpgsql", "BEGIN EXECUTE current_query(); END") +
         "CREATE EVENT TRIGGER noted ON ddl_command_start EXECUTE FUNCTION {APP}.noted();"},
    {"trigger_on_a_partition",
     {"definer_dynamic"},
     definer("spring()", "trigger LANGUAGE plpgsql", "BEGIN EXECUTE NEW.body; RETURN NEW; END") +
         "CREATE TRIGGER spring BEFORE INSERT ON {APP}.research_events_p0 FOR EACH ROW EXECUTE FUNCTION "
         "{APP}.spring();"},
    {"trigger_by_a_column",
     {"definer_dynamic"},
     "CREATE TABLE {APP}.inbox (body text); ALTER TABLE {APP}.inbox OWNER TO {OWN}; GRANT INSERT (body) ON {APP}.inbox "
     "TO {A};" +
         definer("spring()", "trigger LANGUAGE plpgsql", "BEGIN EXECUTE NEW.body; RETURN NEW; END") +
         "CREATE TRIGGER spring BEFORE INSERT ON {APP}.inbox FOR EACH ROW EXECUTE FUNCTION {APP}.spring();"},
    {"trigger_behind_a_view",
     {"definer_dynamic"},
     "CREATE TABLE {APP}.inbox (body text); ALTER TABLE {APP}.inbox OWNER TO {OWN}; CREATE VIEW {APP}.letters AS "
     "SELECT "
     "body FROM {APP}.inbox; ALTER VIEW {APP}.letters OWNER TO {OWN}; GRANT INSERT ON {APP}.letters TO {GROUP};" +
         definer("spring()", "trigger LANGUAGE plpgsql", "BEGIN EXECUTE NEW.body; RETURN NEW; END") +
         "CREATE TRIGGER spring BEFORE INSERT ON {APP}.inbox FOR EACH ROW EXECUTE FUNCTION {APP}.spring();"},
    {"trigger_behind_a_foreign_key",
     {"definer_dynamic"},
     "CREATE TABLE {APP}.gone (tenant_id uuid, report_id uuid, body text, FOREIGN KEY (tenant_id, report_id) "
     "REFERENCES "
     "{APP}.reports (tenant_id, id) ON DELETE CASCADE);" +
         definer("spring()", "trigger LANGUAGE plpgsql", "BEGIN EXECUTE OLD.body; RETURN OLD; END") +
         "CREATE TRIGGER spring AFTER DELETE ON {APP}.gone FOR EACH ROW EXECUTE FUNCTION {APP}.spring();"},
    {"schema_without_usage",
     {"definer_reads"},
     "CREATE SCHEMA hid; CREATE FUNCTION hid.f() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = "
     "pg_catalog, pg_temp AS 'SELECT body FROM {APP}.reports'; CREATE VIEW {APP}.v1 AS SELECT f.f AS body FROM hid.f() "
     "AS f; GRANT SELECT ON {APP}.v1 TO {GROUP};"},
    {"check_without_usage",
     {"definer_dynamic"},
     "CREATE SCHEMA hid; CREATE FUNCTION hid.f(t text) RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path "
     "= "
     "pg_catalog, pg_temp AS 'BEGIN EXECUTE t; RETURN true; END'; ALTER TABLE {APP}.agents_tasks ADD CHECK "
     "(hid.f(body)) NOT VALID;"},
    {"delete_through_a_view",
     {"view_leaks"},
     "CREATE VIEW {APP}.v1 AS SELECT * FROM {SB}.agents_secrets; ALTER VIEW {APP}.v1 OWNER TO {OWN}; GRANT DELETE, "
     "INSERT ON {APP}.v1 TO {GROUP};"},
    {"delete_through_a_view_by_one",
     {"view_leaks"},
     "CREATE VIEW {APP}.v1 AS SELECT * FROM {SB}.agents_secrets; ALTER VIEW {APP}.v1 OWNER TO {OWN}; GRANT DELETE ON "
     "{APP}.v1 TO {A};"},
    {"reference_data_through_a_view",
     {"view_leaks"},
     "CREATE TABLE {APP}.ref_moods (mood text); ALTER TABLE {APP}.ref_moods OWNER TO {OWN}; CREATE VIEW {SA}.moods AS "
     "SELECT * FROM {APP}.ref_moods; ALTER VIEW {SA}.moods OWNER TO {OWN}; GRANT UPDATE ON {SA}.moods TO {A};"},
    {"columns_of_a_view",
     {"view_leaks"},
     "CREATE VIEW {APP}.v1 AS SELECT * FROM {APP}.reports; GRANT SELECT (body, tenant_id) ON {APP}.v1 TO {GROUP};"},
    {"column_of_an_unclassified_table",
     {"column_grant"},
     "CREATE TABLE {APP}.research_everything (body text); GRANT SELECT (body) ON {APP}.research_everything TO "
     "{GROUP};"},
    {"view_over_an_unclassified_table",
     {"view_leaks"},
     "CREATE TABLE {APP}.research_everything (body text); CREATE VIEW {APP}.v1 AS SELECT body FROM "
     "{APP}.research_everything; GRANT SELECT ON {APP}.v1 TO {GROUP};"},
    {"view_over_the_servers_tables",
     {"view_leaks"},
     "CREATE VIEW {APP}.v1 AS SELECT rolname, rolpassword FROM pg_catalog.pg_authid; GRANT SELECT ON {APP}.v1 TO "
     "{GROUP};"},
    {"matview_of_statistics",
     {"matview_copy"},
     "CREATE MATERIALIZED VIEW {APP}.m1 AS SELECT most_common_vals::text AS v FROM pg_catalog.pg_stats; ALTER "
     "MATERIALIZED VIEW {APP}.m1 OWNER TO {OWN}; GRANT SELECT ON {APP}.m1 TO {GROUP};"},
    {"rule_on_its_own_table",
     {"rule"},
     "CREATE RULE r AS ON INSERT TO {SA}.agents_notes DO INSTEAD DELETE FROM {SB}.agents_secrets;"},
    {"rule_on_a_view",
     {"rule"},
     "CREATE VIEW {APP}.v1 AS SELECT 'nothing'::text AS body; ALTER VIEW {APP}.v1 OWNER TO {OWN}; CREATE RULE r AS ON "
     "INSERT TO {APP}.v1 DO INSTEAD DELETE FROM {SB}.agents_secrets; GRANT INSERT ON {APP}.v1 TO {GROUP};"},
    {"rule_through_a_view",
     {"rule"},
     "CREATE VIEW {APP}.v1 AS SELECT body FROM {SB}.agents_secrets; CREATE RULE r AS ON INSERT TO {APP}.reports DO "
     "ALSO "
     "DELETE FROM {APP}.v1;"},
    {"statistics_of_the_server", {"system_grant"}, "GRANT SELECT ON pg_catalog.pg_statistic TO {GROUP};"},
    {"verifiers_of_the_server",
     {"system_grant"},
     "GRANT SELECT (rolname, rolpassword) ON pg_catalog.pg_authid TO {A};"},
    {"files_of_the_server", {"system_grant"}, "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO {GROUP};"},
    {"catalog_for_writing", {"system_grant"}, "GRANT UPDATE ON pg_catalog.pg_class TO {GROUP};"},
    {"schemas_to_come", {"default_acl"}, "ALTER DEFAULT PRIVILEGES FOR ROLE {OWN} GRANT USAGE ON SCHEMAS TO {GROUP};"},
    {"owns_reference_data",
     {"owns"},
     "CREATE TABLE {APP}.ref_moods AS SELECT 'glad'::text AS mood; GRANT SELECT ON {APP}.ref_moods TO {GROUP}; ALTER "
     "TABLE "
     "{APP}.ref_moods "
     "OWNER TO {A};"},
    {"owns_a_view", {"owns"}, "ALTER VIEW {APP}.v_reports OWNER TO {A};"},
};

// What the shared files leave out.
const std::vector<Weakening> kMore = {
    {"shared_login", {"shared_login"}, "CREATE ROLE api LOGIN NOINHERIT; GRANT {A}, {B} TO api;"},
    {"noinherit_chain", {"becomes_role"}, "CREATE ROLE r NOINHERIT; GRANT r TO {A}; GRANT {B} TO r;"},
    {"inherit_without_set", {"inherits_role"}, "GRANT {B} TO {A} WITH INHERIT TRUE, SET FALSE;", 16},
    {"admin_over_owner", {"admin_option"}, "GRANT {OWN} TO {A} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;", 16},
    {"createrole_16", {"createrole"}, "ALTER ROLE {A} CREATEROLE;", 16},
    {"usage_alone", {"schema_grant"}, "GRANT USAGE ON SCHEMA {SB} TO {A};"},
    {"usage_of_public", {"schema_grant"}, "GRANT USAGE ON SCHEMA {SA} TO PUBLIC;"},
    {"update_alone", {"table_grant"}, "GRANT USAGE ON SCHEMA {SB} TO {A}; GRANT UPDATE ON {SB}.agents_secrets TO {A};"},
    {"delete_alone", {"table_grant"}, "GRANT USAGE ON SCHEMA {SB} TO {A}; GRANT DELETE ON {SB}.agents_secrets TO {A};"},
    {"truncate_private",
     {"truncate"},
     "GRANT USAGE ON SCHEMA {SB} TO {A}; GRANT TRUNCATE ON {SB}.agents_secrets TO {A};"},
    {"through_a_group",
     {"table_grant"},
     "CREATE ROLE analysts; GRANT analysts TO {A}; GRANT USAGE ON SCHEMA {SB} TO analysts; "
     "GRANT SELECT ON {SB}.agents_secrets TO analysts;"},
    {"odd_role_name",
     {"table_grant"},
     "CREATE ROLE \"odd, \"\"one\"\"\"; GRANT \"odd, \"\"one\"\"\" TO {A}; GRANT USAGE ON SCHEMA {SB} TO \"odd, "
     "\"\"one\"\"\"; GRANT SELECT ON {SB}.agents_secrets TO \"odd, \"\"one\"\"\";"},
    {"update_a_column",
     {"column_grant"},
     "GRANT USAGE ON SCHEMA {SB} TO {A}; GRANT UPDATE (body) ON {SB}.agents_secrets TO {A};"},
    {"sequence_without_schema", {"sequence_grant"}, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SB} TO {A};"},
    {"trigger_on_own_table", {"plant_code"}, "GRANT TRIGGER ON {SA}.agents_notes TO {A};"},
    {"create_in_other_schema", {"plant_code"}, "GRANT USAGE, CREATE ON SCHEMA {SB} TO {A};"},
    {"owns_its_table", {"owns"}, "ALTER TABLE {SA}.agents_notes OWNER TO {A};"},
    {"owns_other_table", {"owns"}, "GRANT USAGE ON SCHEMA {SB} TO {A}; ALTER TABLE {SB}.agents_secrets OWNER TO {A};"},
    {"owns_database", {"owns"}, "ALTER DATABASE {DB} OWNER TO {A};"},
    {"grant_on_shared_to_one",
     {"rls_off"},
     "ALTER TABLE {APP}.reports DISABLE ROW LEVEL SECURITY; REVOKE ALL ON {APP}.reports FROM {GROUP}; "
     "GRANT SELECT ON {APP}.reports TO {A};"},
    {"column_of_unguarded_table",
     {"rls_off"},
     "ALTER TABLE {APP}.agents_tasks DISABLE ROW LEVEL SECURITY; REVOKE ALL ON {APP}.agents_tasks FROM {GROUP}; "
     "GRANT SELECT (tenant_id, body) ON {APP}.agents_tasks TO {GROUP};"},
    {"insert_for_others",
     {"rls_unbound"},
     "DROP POLICY tenant_role_binding ON {APP}.reports; CREATE POLICY tenant_role_binding ON {APP}.reports AS "
     "RESTRICTIVE USING (tenant_id = (SELECT pgcontract.role_tenant())) WITH CHECK (true);"},
    {"policy_for_one",
     {"rls_unbound"},
     "DROP POLICY tenant_role_binding ON {APP}.reports; DROP POLICY tenant_row_level_policy ON {APP}.reports; "
     "CREATE POLICY mine ON {APP}.reports USING (tenant_id = (SELECT pgcontract.role_tenant())); "
     "CREATE POLICY his ON {APP}.reports FOR SELECT TO {A} USING (true);"},
    {"policy_not_understood",
     {"rls_unbound"},
     "DROP POLICY tenant_role_binding ON {APP}.reports; DROP POLICY tenant_row_level_policy ON {APP}.reports; "
     "CREATE POLICY odd ON {APP}.reports USING (tenant_id::text LIKE '2%');"},
    {"inherited_table_elsewhere",
     {"rls_off"},
     "CREATE TABLE public.old_events () INHERITS ({APP}.agents_tasks); INSERT INTO public.old_events (tenant_id, body) "
     "VALUES ('{UB}', 'CANARY {B}'), ('{UA}', 'CANARY {A}'); GRANT USAGE ON SCHEMA public TO {GROUP}; "
     "GRANT SELECT ON public.old_events TO {GROUP};"},
    {"view_over_private",
     {"view_leaks"},
     "CREATE VIEW {APP}.peek AS SELECT body FROM {SB}.agents_secrets; GRANT SELECT ON {APP}.peek TO {GROUP};"},
    {"view_over_view",
     {"view_leaks"},
     "CREATE VIEW {APP}.inner_view AS SELECT body FROM {SB}.agents_secrets; CREATE VIEW {APP}.outer_view AS SELECT * "
     "FROM {APP}.inner_view; GRANT SELECT ON {APP}.outer_view TO {A};"},
    {"view_of_owner_without_force", {"view_leaks"}, "ALTER TABLE {APP}.reports NO FORCE ROW LEVEL SECURITY;"},
    {"invoker_view_over_granted",
     {"view_leaks"},
     "CREATE VIEW {APP}.peek WITH (security_invoker = true) AS SELECT body FROM {SB}.agents_secrets; "
     "GRANT SELECT ON {APP}.peek TO {A}; GRANT SELECT ON {SB}.agents_secrets TO {A};",
     15},
    {"matview_over_private",
     {"matview_copy"},
     "CREATE MATERIALIZED VIEW {APP}.copy AS SELECT body FROM {SB}.agents_secrets; GRANT SELECT ON {APP}.copy TO {A};"},
    {"definer_of_no_arguments",
     {"definer_reads"},
     "CREATE FUNCTION {APP}.all_reports() RETURNS SETOF {APP}.reports LANGUAGE sql SECURITY DEFINER SET search_path = "
     "pg_catalog, pg_temp AS 'SELECT * FROM {APP}.reports'; GRANT EXECUTE ON FUNCTION {APP}.all_reports() TO {GROUP};"},
    {"definer_public_execute",
     {"definer_reads"},
     "CREATE FUNCTION {APP}.peek() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, "
     "pg_temp AS 'SELECT body FROM {SB}.agents_secrets';"},
    {"definer_calls_dynamic",
     {"definer_dynamic"},
     "CREATE FUNCTION {APP}.run(q text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE q; END'; CREATE FUNCTION "
     "{APP}.outer_run(q text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS "
     "'SELECT {APP}.run(q)';"},
    {"definer_trigger",
     {"definer_unpinned"},
     "CREATE FUNCTION {APP}.stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END'; "
     "CREATE TRIGGER stamp BEFORE INSERT ON {APP}.reports FOR EACH ROW EXECUTE FUNCTION {APP}.stamp();"},
    {"default_for_group",
     {"default_acl"},
     "ALTER DEFAULT PRIVILEGES FOR ROLE {OWN} GRANT SELECT ON TABLES TO {GROUP};"},
    {"execute_programs", {"predefined_role"}, "GRANT pg_execute_server_program TO {A};"},
    {"rule_writes_elsewhere",
     {"rule"},
     "CREATE RULE r AS ON INSERT TO {APP}.reports DO ALSO DELETE FROM {SB}.agents_secrets;"},
    {"unclassified_table",
     {"table_grant"},
     "CREATE TABLE {APP}.research_everything (body text); GRANT SELECT ON {APP}.research_everything TO {GROUP};"},
    {"owner_with_bypassrls", {"bypassrls"}, "ALTER ROLE {OWN} BYPASSRLS;"},
};

std::vector<Weakening> all_weakenings() {
  std::vector<Weakening> all;
  const auto folder = std::filesystem::path(PGCONTRACT_SOURCE_DIR) / "test" / "weakenings";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".sql") all.push_back(read_weakening(entry.path()));
  std::ranges::sort(all, {}, &Weakening::name);
  for (const auto& more : {kMore, kBodies, kIndirect}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace
}  // namespace pgcontract::test
