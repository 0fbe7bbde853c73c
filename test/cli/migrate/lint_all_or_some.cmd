pgcontract --contract "$STRATMASTER/contract.yaml" migrate lint --all 48ad1139c5a6 --application
