-- How many uploads a device has open is asked at each declaration; what it has finished since is not read for it.
DROP INDEX uploads_device;
CREATE INDEX uploads_open ON uploads (jurisdiction_id, device_id) WHERE held < size;

-- A report is revised with each of its files, an upload with each of its requests: with room on the page, no index is
-- written for it.
ALTER TABLE inspections SET (fillfactor = 70);
ALTER TABLE uploads SET (fillfactor = 70);
