-- From 16 on INHERIT, SET and ADMIN belong to each grant; a role may be granted several times by different grantors.
SELECT m.roleid, m.member, pg_catalog.bool_or(m.admin_option), pg_catalog.bool_or(m.inherit_option),
       pg_catalog.bool_or(m.set_option)
FROM pg_catalog.pg_auth_members AS m
GROUP BY m.roleid, m.member
