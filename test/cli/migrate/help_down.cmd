pgcontract help migrate down
