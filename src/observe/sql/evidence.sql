-- Sent only where schema pgcontract holds this table. The newest row of each kind that a clause judges by, never one a
-- tenant; of a released revision the first row of each text that it had. Timestamps are UTC, as the session is.
SELECT DISTINCT ON (e.kind, e.subject, e.detail OPERATOR(pg_catalog.->>) 'sha256')
       e.kind,
       e.subject,
       pg_catalog.to_char(e.recorded_at, 'YYYY-MM-DD'),
       ARRAY(SELECT d.key OPERATOR(pg_catalog.||) '=' OPERATOR(pg_catalog.||) d.value
             FROM pg_catalog.jsonb_each_text(e.detail) AS d WHERE d.value IS NOT NULL)
FROM pgcontract.evidence AS e
WHERE e.kind OPERATOR(pg_catalog.=) ANY ('{attack,migration_check,revision}'::pg_catalog.text[])
ORDER BY e.kind, e.subject, e.detail OPERATOR(pg_catalog.->>) 'sha256',
         CASE WHEN e.kind OPERATOR(pg_catalog.=) 'revision' THEN e.id ELSE OPERATOR(pg_catalog.-) e.id END
