pgcontract apply --help
