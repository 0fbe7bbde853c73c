pgcontract verify --help
