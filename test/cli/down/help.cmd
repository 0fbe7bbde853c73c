pgcontract down --help
