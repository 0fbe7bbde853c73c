pgcontract help migrate status
