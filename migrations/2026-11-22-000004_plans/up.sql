-- Plans (暗访任务). What is sealed is known to its team and its author only: no other table refers to a plan before
-- it is unsealed, but grants, memberships, notices and places in the feed of those people.

CREATE TABLE plans (
    jurisdiction_id uuid NOT NULL,
    plan_id         uuid NOT NULL,
    author_id       uuid NOT NULL,
    stage           text NOT NULL CHECK (stage IN ('sealed', 'unsealed', 'withdrawn')),
    round           text,
    sealed_at       timestamptz NOT NULL,
    unseal_at       timestamptz NOT NULL,
    rev             integer NOT NULL,
    body            text NOT NULL,
    draw            text,
    PRIMARY KEY (jurisdiction_id, plan_id),
    FOREIGN KEY (jurisdiction_id, author_id) REFERENCES accounts
);
CREATE INDEX plans_author ON plans (jurisdiction_id, author_id, round);
CREATE INDEX plans_unseal ON plans (jurisdiction_id, unseal_at) WHERE stage = 'sealed';
COMMENT ON TABLE plans IS 'Plans of unannounced inspections (暗访任务)';
COMMENT ON COLUMN plans.jurisdiction_id IS 'Whose plan';
COMMENT ON COLUMN plans.plan_id IS 'Made by the client';
COMMENT ON COLUMN plans.author_id IS 'Who sealed it';
COMMENT ON COLUMN plans.stage IS 'protocol PlanStage';
COMMENT ON COLUMN plans.round IS 'Plans of one author and round never draw the same site twice; null: a round of its own';
COMMENT ON COLUMN plans.sealed_at IS 'Server time';
COMMENT ON COLUMN plans.unseal_at IS 'When it unseals by itself';
COMMENT ON COLUMN plans.rev IS 'Revision: grows by one with each command';
COMMENT ON COLUMN plans.body IS 'protocol Plan, JSON';
COMMENT ON COLUMN plans.draw IS 'protocol Draw, JSON: frame, exclusions and seed; told to nobody before the plan is unsealed; null: sites were named';

CREATE TABLE plan_sites (
    jurisdiction_id uuid NOT NULL,
    plan_id         uuid NOT NULL,
    ordinal         integer NOT NULL,
    site_id         uuid NOT NULL,
    channel_area_id uuid NOT NULL,
    PRIMARY KEY (jurisdiction_id, plan_id, ordinal),
    FOREIGN KEY (jurisdiction_id, plan_id) REFERENCES plans,
    FOREIGN KEY (jurisdiction_id, site_id) REFERENCES sites
);
CREATE INDEX plan_sites_site ON plan_sites (jurisdiction_id, site_id);
COMMENT ON TABLE plan_sites IS 'Sites of plans, in the order in which they were named or drawn';
COMMENT ON COLUMN plan_sites.jurisdiction_id IS 'Whose plan';
COMMENT ON COLUMN plan_sites.plan_id IS 'The plan';
COMMENT ON COLUMN plan_sites.ordinal IS 'From 0';
COMMENT ON COLUMN plan_sites.site_id IS 'The site';
COMMENT ON COLUMN plan_sites.channel_area_id IS 'In whose area channel the plan stands once it is unsealed: where the site lay then';

-- Lists of plans go by the channels that they stand in.
CREATE INDEX feed_plans ON feed (jurisdiction_id, channel, item_id) WHERE kind = 'plan';
