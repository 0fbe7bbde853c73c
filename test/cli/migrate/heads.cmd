pgcontract --contract "$STRATMASTER/contract.yaml" migrate heads | tail -3 | cut -c1-40
