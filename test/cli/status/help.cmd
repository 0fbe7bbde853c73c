pgcontract status --help
