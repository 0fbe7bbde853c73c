pgcontract tenant add --help
