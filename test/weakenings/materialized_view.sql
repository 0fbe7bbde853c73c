-- weakness: materialized_view
-- says: a materialized view over a shared table is granted to tenants
-- prove: matview_copy
-- attack: RLS08
CREATE MATERIALIZED VIEW {APP}.mv_reports AS SELECT * FROM {APP}.reports;
GRANT SELECT ON {APP}.mv_reports TO {GROUP};
