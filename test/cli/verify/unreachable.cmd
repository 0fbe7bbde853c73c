DATABASE_URL=postgresql://u:secret@127.0.0.1:1/d pgcontract --contract "$STRATMASTER/contract.yaml" --env ci verify
