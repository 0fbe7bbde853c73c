sed 's/^contract: 1/contract: one/; s/managed: true/managed: perhaps/' "$STRATMASTER/contract.yaml" >contract.yaml
pgcontract verify
