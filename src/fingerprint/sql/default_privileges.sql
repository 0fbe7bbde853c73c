-- node: default privileges
-- name: as it is
-- attributes: privileges#acl_*
SELECT a.defaclnamespace, NULL,
       pg_catalog.concat('of ', pg_catalog.pg_get_userbyid(a.defaclrole), ' on ',
         CASE WHEN a.defaclobjtype OPERATOR(pg_catalog.=) 'r' THEN 'tables'
           WHEN a.defaclobjtype OPERATOR(pg_catalog.=) 'S' THEN 'sequences'
              WHEN a.defaclobjtype OPERATOR(pg_catalog.=) 'f' THEN 'functions'
                WHEN a.defaclobjtype OPERATOR(pg_catalog.=) 'T' THEN 'types'
              ELSE a.defaclobjtype::pg_catalog.text END),
       pg_catalog.concat(CASE WHEN a.defaclobjtype OPERATOR(pg_catalog.=) 'S' THEN 's' ELSE a.defaclobjtype END,
         a.defaclacl)
FROM pg_catalog.pg_default_acl AS a
WHERE a.defaclnamespace OPERATOR(pg_catalog.=) ANY ({schemas})
