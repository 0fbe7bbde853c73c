-- weakness: partition_without_policies
-- says: a partition was attached without policies, with the grants of its parent
-- prove: rls_off partition_grant
-- attack: RLS09
ALTER TABLE {APP}.research_events_p0 DISABLE ROW LEVEL SECURITY;
GRANT SELECT ON {APP}.research_events_p0 TO {GROUP};
