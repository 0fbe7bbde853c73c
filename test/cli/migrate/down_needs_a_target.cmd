pgcontract --contract "$STRATMASTER/contract.yaml" migrate down --tenants all
