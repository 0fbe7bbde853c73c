-- weakness: definer_trusts_the_setting
-- says: a SECURITY DEFINER reader takes the tenant from the setting
-- prove: definer_unpinned definer_dynamic definer_reads
-- attack: RLS20
CREATE FUNCTION {APP}.get_report(p_slug text) RETURNS SETOF text LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN
  RETURN QUERY SELECT r.body FROM {APP}.reports r
               WHERE r.slug = p_slug AND r.tenant_id = current_setting('app.tenant_id')::uuid;
END $$;
GRANT EXECUTE ON FUNCTION {APP}.get_report(text) TO {GROUP};
