-- weakness: guard_unpinned
-- says: a guard function runs with the caller's search_path
-- prove: guard_changed definer_unpinned
-- attack: ESC22
ALTER FUNCTION pgcontract.assert_boundary() RESET search_path;
