SELECT e.oid, e.evtname, e.evtevent, e.evtowner, e.evtfoid, e.evtenabled
FROM pg_catalog.pg_event_trigger AS e
