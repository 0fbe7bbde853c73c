pgcontract tenant add
