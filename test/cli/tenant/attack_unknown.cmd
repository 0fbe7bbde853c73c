pgcontract --contract $STRATMASTER/contract.yaml tenant attack --only NONE
