pgcontract --contract "$STRATMASTER/contract.yaml" --env production reset --yes
