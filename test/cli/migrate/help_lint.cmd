pgcontract help migrate lint
