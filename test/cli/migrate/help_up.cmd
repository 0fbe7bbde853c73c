pgcontract help migrate up
