-- Items of a source that is rare are found without looking at all others.
CREATE INDEX rectifications_source ON rectifications (jurisdiction_id, source, listed_at, rectification_id);
