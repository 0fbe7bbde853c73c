pgcontract verify --claus tenancy
