pgcontract explain backup.drill_fresh
