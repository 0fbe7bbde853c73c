pgcontract --contract "$STRATMASTER/contract.yaml" migrate lint --graph | sed 's/ · [0-9.]* s$//'
