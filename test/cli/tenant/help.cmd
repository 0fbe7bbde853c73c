pgcontract tenant
