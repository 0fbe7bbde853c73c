-- Before 16 a member inherits as its own attribute says and may always SET ROLE.
SELECT m.roleid, m.member, m.admin_option, r.rolinherit, true, NULL
FROM pg_catalog.pg_auth_members AS m
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) m.member
