DROP TABLE ledger_walks;
DROP TABLE invitations;
