pgcontract --format json verify | sed 's/"at": "[^"]*"/"at": "…"/'
