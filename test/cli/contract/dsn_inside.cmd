sed 's/dsn_from: env:STAGING_DATABASE_URL/dsn: "postgresql:\/\/u:secret@h\/d"/' "$STRATMASTER/contract.yaml" >contract.yaml
pgcontract verify
