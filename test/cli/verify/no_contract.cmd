pgcontract verify
