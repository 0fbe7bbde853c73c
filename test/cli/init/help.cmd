pgcontract init --help
