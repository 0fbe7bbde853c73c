pgcontract plan --help
