pgcontract help migrate heads
