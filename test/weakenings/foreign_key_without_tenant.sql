-- weakness: foreign_key_without_tenant
-- says: a foreign key over all tenants tells that a row exists
-- prove: foreign_key_oracle
-- attack: RLS15
ALTER TABLE {APP}.reports ADD UNIQUE (id);
ALTER TABLE {APP}.report_comments DROP CONSTRAINT report_comments_tenant_id_report_id_fkey,
  ADD FOREIGN KEY (report_id) REFERENCES {APP}.reports (id);
