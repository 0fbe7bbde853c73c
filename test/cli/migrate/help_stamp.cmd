pgcontract help migrate stamp
