sed '0,/until: 2027-06-30/s/until: 2027-06-30/until: 2027-02-30/; s/clause: schema.domain_prefix/clause: schema.domain_prefx/' "$STRATMASTER/contract.yaml" >contract.yaml
pgcontract verify
