DATABASE_URL=postgresql://u@127.0.0.1:1/d pgcontract --contract "$STRATMASTER/contract.yaml" --env ci apply --workers many
