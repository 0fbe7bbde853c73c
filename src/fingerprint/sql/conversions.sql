-- node: conversion
-- attributes: from, to, function, default, owner
SELECT c.connamespace, NULL, c.conname, pg_catalog.pg_encoding_to_char(c.conforencoding),
       pg_catalog.pg_encoding_to_char(c.contoencoding), c.conproc, CASE WHEN c.condefault THEN 'yes' END,
       pg_catalog.pg_get_userbyid(c.conowner)
FROM pg_catalog.pg_conversion AS c
WHERE c.connamespace OPERATOR(pg_catalog.=) ANY ({schemas})
