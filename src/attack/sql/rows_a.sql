INSERT INTO {APP}.reports (id, {COL}, slug, body) VALUES
  ('11111111-0000-4000-8000-000000000001', '{UA}', 'a-one', 'A-REPORT'),
  ('11111111-0000-4000-8000-000000000002', '{UA}', 'a-two', 'A-REPORT2');
INSERT INTO {APP}.research_events ({COL}, body) VALUES ('{UA}', 'A-EVENT');
INSERT INTO {SA}.agents_notes (body) VALUES ('a-note');
