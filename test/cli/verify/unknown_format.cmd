pgcontract --format yml verify
