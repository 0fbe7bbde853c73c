pgcontract explain --list
