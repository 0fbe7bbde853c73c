-- weakness: unique_without_tenant
-- says: a unique key over all tenants tells that a value exists
-- prove: unique_oracle
-- attack: RLS17 RLS18
ALTER TABLE {APP}.reports ADD UNIQUE (slug);
