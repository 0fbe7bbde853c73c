pgcontract explain lint.drop_column
