pgcontract explain tenancy.rls_forced
