SELECT d.oid, d.datname, d.datdba, d.datacl, d.datallowconn, pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate
FROM pg_catalog.pg_database AS d
