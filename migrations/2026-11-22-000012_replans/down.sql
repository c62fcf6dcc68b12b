UPDATE rectifications r SET next_at = p.since FROM replans p
WHERE p.jurisdiction_id = r.jurisdiction_id AND r.rectification_id > p.after AND r.stage <> 'cancelled';
DROP TABLE replans;
