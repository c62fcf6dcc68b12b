ALTER TABLE uploads RESET (fillfactor);
ALTER TABLE inspections RESET (fillfactor);
DROP INDEX uploads_open;
CREATE INDEX uploads_device ON uploads (jurisdiction_id, device_id);
