pgcontract reset --help
