-- Sent only where schema pgcontract holds this table.
SELECT t.id, t.display_name, t.state, pg_catalog.to_char(t.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       pg_catalog.to_char(t.deleted_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), t.inventory_sha256
FROM pgcontract.tenant AS t
