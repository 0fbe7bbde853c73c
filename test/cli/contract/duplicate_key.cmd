sed 's/^name: stratmaster/&\nname: again/' "$STRATMASTER/contract.yaml" >contract.yaml
pgcontract verify
