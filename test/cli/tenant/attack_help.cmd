pgcontract tenant attack --help
