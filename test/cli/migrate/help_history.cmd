pgcontract help migrate history
