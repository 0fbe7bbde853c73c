pgcontract psql --help
