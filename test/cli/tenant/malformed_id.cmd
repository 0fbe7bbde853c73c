pgcontract --contract "$STRATMASTER/contract.yaml" tenant add 1234
