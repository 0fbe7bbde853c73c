-- weakness: schema_is_the_only_wall
-- says: the group may read a tenant's table and only lacks its schema: statistics show the values
-- prove: table_grant statistics
-- attack: META06
GRANT SELECT ON {SB}.agents_secrets TO {GROUP};
