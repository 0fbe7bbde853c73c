INSERT INTO {APP}.reports (id, {COL}, slug, body) VALUES
  ({RID}, '{UB}', 'b-merger', 'B-REPORT-91c2'),
  ('33333333-0000-4000-8000-000000000004', '{UB}', 'b-two', 'B-REPORT-91c3');
INSERT INTO {APP}.research_events ({COL}, body) VALUES ('{UB}', 'B-EVENT-55aa');
INSERT INTO {APP}.agents_tasks ({COL}, payload) VALUES ('{UB}', 'B-TASK-0d0d');
INSERT INTO {SB}.agents_secrets (body) SELECT 'B-SECRET-7f3a' FROM pg_catalog.generate_series(1, 50);
