pgcontract explain --help
