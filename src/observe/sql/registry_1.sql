-- Sent only where schema pgcontract holds this table, and is older than version 2.
SELECT t.id, t.display_name, t.state, pg_catalog.to_char(t.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), NULL, NULL
FROM pgcontract.tenant AS t
