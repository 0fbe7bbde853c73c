-- weakness: view_of_superuser
-- says: a view that a superuser owns shows every tenant's rows
-- prove: view_leaks
-- attack: RLS13 RLS32
ALTER VIEW {APP}.v_reports OWNER TO CURRENT_USER;
