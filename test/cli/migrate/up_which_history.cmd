pgcontract --contract "$STRATMASTER/contract.yaml" migrate up 843e
