"""StratMaster's API: models and migrations of its database."""
