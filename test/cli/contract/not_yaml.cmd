printf 'contract: 1\nname: [x\n' >contract.yaml
pgcontract verify
