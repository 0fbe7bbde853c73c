-- Sent only where schema pgcontract holds this table. The newest row of each kind that a clause judges by, never one a
-- tenant. Timestamps are UTC, as the session is.
SELECT DISTINCT ON (e.kind, e.subject)
       e.kind,
       e.subject,
       pg_catalog.to_char(e.recorded_at, 'YYYY-MM-DD'),
       ARRAY(SELECT d.key OPERATOR(pg_catalog.||) '=' OPERATOR(pg_catalog.||) d.value
             FROM pg_catalog.jsonb_each_text(e.detail) AS d WHERE d.value IS NOT NULL)
FROM pgcontract.evidence AS e
WHERE e.kind OPERATOR(pg_catalog.=) ANY ('{attack}'::pg_catalog.text[])
ORDER BY e.kind, e.subject, e.id DESC
