-- The roles of the contract read literally by a busy team: one login for the API that is a member of every tenant.
CREATE ROLE migrator LOGIN CREATEROLE CREATEDB;
CREATE ROLE api_auth LOGIN;                       -- INHERIT (default), as most teams do
CREATE ROLE app_tenants NOLOGIN;
CREATE ROLE {A} LOGIN IN ROLE app_tenants;
CREATE ROLE {B} LOGIN IN ROLE app_tenants;
GRANT {A}, {B} TO api_auth;
GRANT {A}, {B} TO migrator;
ALTER ROLE {A} SET app.tenant_id='aaaaaaaa-0000-4000-8000-000000000001';
ALTER ROLE {B} SET app.tenant_id='bbbbbbbb-0000-4000-8000-000000000002';
