-- From 16 on INHERIT, SET and ADMIN belong to each grant; a role may be granted several times by different grantors.
SELECT m.roleid, m.member, pg_catalog.bool_or(m.admin_option), pg_catalog.bool_or(m.inherit_option),
       pg_catalog.bool_or(m.set_option), pg_catalog.array_agg(g.rolname ORDER BY g.rolname)
FROM pg_catalog.pg_auth_members AS m
JOIN pg_catalog.pg_roles AS g ON g.oid OPERATOR(pg_catalog.=) m.grantor
GROUP BY m.roleid, m.member
