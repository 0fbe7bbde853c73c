pgcontract tenant list --help
