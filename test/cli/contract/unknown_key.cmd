sed 's/^tenancy:/tenancies:/' "$STRATMASTER/contract.yaml" >contract.yaml
pgcontract verify
