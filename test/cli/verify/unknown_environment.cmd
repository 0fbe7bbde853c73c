pgcontract --contract "$STRATMASTER/contract.yaml" --env productoin verify
