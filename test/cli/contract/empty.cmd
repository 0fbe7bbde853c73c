: >contract.yaml
pgcontract verify
