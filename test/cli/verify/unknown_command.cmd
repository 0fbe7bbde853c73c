pgcontract verifi
