pgcontract tenant show --help
