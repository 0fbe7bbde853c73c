pgcontract --help
