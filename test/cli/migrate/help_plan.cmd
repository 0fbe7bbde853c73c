pgcontract help migrate plan
