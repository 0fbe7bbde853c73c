pgcontract explain tenancy.rls_forcd
