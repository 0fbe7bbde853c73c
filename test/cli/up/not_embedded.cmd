pgcontract --contract "$STRATMASTER/contract.yaml" --env ci up
