pgcontract up --help
