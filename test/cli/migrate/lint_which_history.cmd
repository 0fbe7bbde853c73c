pgcontract --contract "$STRATMASTER/contract.yaml" migrate lint --offline 48ad1139c5a6
