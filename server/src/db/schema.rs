// @generated automatically by Diesel CLI.

diesel::table! {
    accounts (jurisdiction_id, account_id) {
        jurisdiction_id -> Uuid,
        account_id -> Uuid,
        login -> Text,
        name -> Text,
        password_hash -> Text,
        standing -> Text,
        unit_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    areas (jurisdiction_id, area_id) {
        jurisdiction_id -> Uuid,
        area_id -> Uuid,
        code -> Text,
        name_zh -> Text,
        name_en -> Nullable<Text>,
        level -> Text,
        parent_id -> Nullable<Uuid>,
        channel_area_id -> Uuid,
        sector_zh -> Nullable<Text>,
        sector_en -> Nullable<Text>,
        boundary -> Nullable<Jsonb>,
        rev -> Int4,
    }
}

diesel::table! {
    blob_holders (jurisdiction_id, sha256, account_id) {
        jurisdiction_id -> Uuid,
        sha256 -> Bytea,
        account_id -> Uuid,
    }
}

diesel::table! {
    blobs (jurisdiction_id, sha256) {
        jurisdiction_id -> Uuid,
        sha256 -> Bytea,
        size -> Int8,
        media_type -> Text,
        stored_at -> Timestamptz,
        examination -> Text,
        metadata -> Nullable<Jsonb>,
        claimed_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    checklists (jurisdiction_id, checklist_id, version) {
        jurisdiction_id -> Uuid,
        checklist_id -> Uuid,
        version -> Int4,
        item_id -> Uuid,
        code -> Text,
        body -> Text,
        published_at -> Timestamptz,
        published_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    commands (jurisdiction_id, command_id) {
        jurisdiction_id -> Uuid,
        command_id -> Uuid,
        account_id -> Nullable<Uuid>,
        device_id -> Nullable<Uuid>,
        n -> Int8,
        kind -> Text,
        item_id -> Nullable<Uuid>,
        digest -> Bytea,
        status -> Text,
        outcome -> Nullable<Text>,
        received_at -> Timestamptz,
        given_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    devices (jurisdiction_id, device_id) {
        jurisdiction_id -> Uuid,
        device_id -> Uuid,
        account_id -> Uuid,
        name -> Text,
        platform -> Text,
        protocol -> Int4,
        capabilities -> Jsonb,
        public_key -> Jsonb,
        enrolled_at -> Timestamptz,
        last_seen_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    epochs (jurisdiction_id, epoch) {
        jurisdiction_id -> Uuid,
        epoch -> Uuid,
        ended_seq -> Int8,
    }
}

diesel::table! {
    evidence (jurisdiction_id, evidence_id) {
        jurisdiction_id -> Uuid,
        evidence_id -> Uuid,
        inspection_id -> Uuid,
        account_id -> Uuid,
        ordinal -> Int4,
        sha256 -> Bytea,
        status -> Text,
        body -> Text,
    }
}

diesel::table! {
    feed (jurisdiction_id, channel, item_id) {
        jurisdiction_id -> Uuid,
        channel -> Text,
        item_id -> Uuid,
        kind -> Text,
        seq -> Int8,
        present -> Bool,
        rev -> Int4,
        share -> Int8,
    }
}

diesel::table! {
    findings (jurisdiction_id, finding_id) {
        jurisdiction_id -> Uuid,
        finding_id -> Uuid,
        inspection_id -> Uuid,
        ordinal -> Int4,
        checklist_id -> Nullable<Uuid>,
        item -> Nullable<Text>,
        severity -> Text,
        body -> Text,
    }
}

diesel::table! {
    grants (jurisdiction_id, grant_id) {
        jurisdiction_id -> Uuid,
        grant_id -> Uuid,
        account_id -> Uuid,
        role -> Text,
        area_id -> Nullable<Uuid>,
        unit_id -> Nullable<Uuid>,
        plan_id -> Nullable<Uuid>,
        granted_at -> Timestamptz,
        granted_by -> Nullable<Uuid>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    heads (jurisdiction_id) {
        jurisdiction_id -> Uuid,
        seq -> Int8,
        ledger_hash -> Bytea,
        epoch -> Uuid,
        incarnation -> Text,
        tombstone_floor -> Int8,
    }
}

diesel::table! {
    inspections (jurisdiction_id, inspection_id) {
        jurisdiction_id -> Uuid,
        inspection_id -> Uuid,
        stage -> Text,
        site_id -> Uuid,
        area_id -> Uuid,
        channel_area_id -> Uuid,
        account_id -> Uuid,
        arrived_at -> Timestamptz,
        departed_at -> Timestamptz,
        recorded_at -> Nullable<Timestamptz>,
        received_at -> Timestamptz,
        skew_ms -> Int8,
        passed -> Int4,
        failed -> Int4,
        vetoed_by -> Jsonb,
        flags -> Jsonb,
        body -> Text,
        rev -> Int4,
    }
}

diesel::table! {
    invitations (jurisdiction_id, account_id) {
        jurisdiction_id -> Uuid,
        account_id -> Uuid,
        code_hash -> Bytea,
        invited_by -> Uuid,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    item_deltas (jurisdiction_id, delta_id) {
        jurisdiction_id -> Uuid,
        delta_id -> Int8,
        channel_area_id -> Uuid,
        area_id -> Uuid,
        seen_by -> Nullable<Uuid>,
        unit_id -> Nullable<Uuid>,
        person -> Nullable<Text>,
        stage -> Text,
        severity -> Text,
        source -> Text,
        n -> Int8,
    }
}

diesel::table! {
    item_evidence (jurisdiction_id, item_id, evidence_id, sha256, account_id) {
        jurisdiction_id -> Uuid,
        item_id -> Uuid,
        evidence_id -> Uuid,
        sha256 -> Bytea,
        account_id -> Uuid,
        rectification_id -> Uuid,
        status -> Text,
    }
}

diesel::table! {
    item_findings (jurisdiction_id, finding_id) {
        jurisdiction_id -> Uuid,
        finding_id -> Uuid,
        rectification_id -> Uuid,
        body -> Text,
    }
}

diesel::table! {
    item_moves (jurisdiction_id, rectification_id, rev, unit_id) {
        jurisdiction_id -> Uuid,
        rectification_id -> Uuid,
        rev -> Int4,
        unit_id -> Uuid,
        kind -> Text,
        at -> Timestamptz,
        group_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    item_tallies (jurisdiction_id, tally_id) {
        jurisdiction_id -> Uuid,
        tally_id -> Int8,
        channel_area_id -> Uuid,
        area_id -> Uuid,
        seen_by -> Nullable<Uuid>,
        unit_id -> Nullable<Uuid>,
        person -> Nullable<Text>,
        stage -> Text,
        severity -> Text,
        source -> Text,
        n -> Int8,
    }
}

diesel::table! {
    jurisdictions (jurisdiction_id) {
        jurisdiction_id -> Uuid,
        code -> Text,
        name_zh -> Text,
        name_en -> Nullable<Text>,
        time_zone -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    ledger (jurisdiction_id, seq) {
        jurisdiction_id -> Uuid,
        seq -> Int8,
        command_id -> Nullable<Uuid>,
        kind -> Text,
        account_id -> Nullable<Uuid>,
        device_id -> Nullable<Uuid>,
        at -> Timestamptz,
        entry -> Text,
        prev_hash -> Bytea,
        hash -> Bytea,
    }
}

diesel::table! {
    ledger_walks (jurisdiction_id) {
        jurisdiction_id -> Uuid,
        next_at -> Timestamptz,
        checked_at -> Nullable<Timestamptz>,
        whole -> Nullable<Bool>,
    }
}

diesel::table! {
    memberships (jurisdiction_id, account_id, channel) {
        jurisdiction_id -> Uuid,
        account_id -> Uuid,
        channel -> Text,
        granted_seq -> Int8,
        revoked_seq -> Nullable<Int8>,
    }
}

diesel::table! {
    move_deltas (jurisdiction_id, delta_id) {
        jurisdiction_id -> Uuid,
        delta_id -> Int8,
        channel_area_id -> Uuid,
        unit_id -> Uuid,
        day -> Date,
        kind -> Text,
        n -> Int8,
    }
}

diesel::table! {
    move_tallies (jurisdiction_id, channel_area_id, unit_id, day, kind) {
        jurisdiction_id -> Uuid,
        channel_area_id -> Uuid,
        unit_id -> Uuid,
        day -> Date,
        kind -> Text,
        n -> Int8,
    }
}

diesel::table! {
    notices (jurisdiction_id, notice_id) {
        jurisdiction_id -> Uuid,
        notice_id -> Uuid,
        account_id -> Uuid,
        kind -> Text,
        rectification_id -> Nullable<Uuid>,
        plan_id -> Nullable<Uuid>,
        at -> Timestamptz,
        read_at -> Nullable<Timestamptz>,
        rev -> Int4,
        body -> Text,
    }
}

diesel::table! {
    plan_sites (jurisdiction_id, plan_id, ordinal) {
        jurisdiction_id -> Uuid,
        plan_id -> Uuid,
        ordinal -> Int4,
        site_id -> Uuid,
        channel_area_id -> Uuid,
    }
}

diesel::table! {
    plans (jurisdiction_id, plan_id) {
        jurisdiction_id -> Uuid,
        plan_id -> Uuid,
        author_id -> Uuid,
        stage -> Text,
        round -> Nullable<Text>,
        sealed_at -> Timestamptz,
        unseal_at -> Timestamptz,
        rev -> Int4,
        body -> Text,
        draw -> Nullable<Text>,
    }
}

diesel::table! {
    previews (jurisdiction_id, sha256, edge) {
        jurisdiction_id -> Uuid,
        sha256 -> Bytea,
        edge -> Int2,
        preview_sha256 -> Bytea,
        size -> Int8,
        width -> Int4,
        height -> Int4,
    }
}

diesel::table! {
    rectifications (jurisdiction_id, rectification_id) {
        jurisdiction_id -> Uuid,
        rectification_id -> Uuid,
        desk_id -> Uuid,
        area_id -> Uuid,
        channel_area_id -> Uuid,
        site_id -> Nullable<Uuid>,
        stage -> Text,
        severity -> Text,
        source -> Text,
        unit_id -> Nullable<Uuid>,
        seen_by -> Nullable<Uuid>,
        person -> Nullable<Text>,
        due_at -> Nullable<Timestamptz>,
        next_at -> Nullable<Timestamptz>,
        listed_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        rounds -> Int4,
        rev -> Int4,
        decided_rev -> Int4,
        body -> Text,
        desk -> Text,
    }
}

diesel::table! {
    refresh_tokens (jurisdiction_id, token_sha256) {
        jurisdiction_id -> Uuid,
        token_sha256 -> Bytea,
        session_id -> Uuid,
        issued_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        used_by_proof -> Nullable<Uuid>,
    }
}

diesel::table! {
    replans (jurisdiction_id) {
        jurisdiction_id -> Uuid,
        after -> Uuid,
        since -> Timestamptz,
    }
}

diesel::table! {
    sessions (jurisdiction_id, session_id) {
        jurisdiction_id -> Uuid,
        session_id -> Uuid,
        account_id -> Uuid,
        device_id -> Nullable<Uuid>,
        started_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        ended_why -> Nullable<Text>,
    }
}

diesel::table! {
    sign_in_failures (jurisdiction_id, subject) {
        jurisdiction_id -> Uuid,
        subject -> Text,
        failures -> Int4,
        window_ends_at -> Timestamptz,
    }
}

diesel::table! {
    signing_keys (jurisdiction_id, key_id) {
        jurisdiction_id -> Uuid,
        key_id -> Uuid,
        public_key -> Bytea,
        sealed_key -> Bytea,
        created_at -> Timestamptz,
        retired_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sites (jurisdiction_id, site_id) {
        jurisdiction_id -> Uuid,
        site_id -> Uuid,
        area_id -> Uuid,
        channel_area_id -> Uuid,
        kind -> Text,
        code -> Text,
        name_zh -> Text,
        name_en -> Nullable<Text>,
        latitude -> Nullable<Float8>,
        longitude -> Nullable<Float8>,
        radius_m -> Nullable<Float8>,
        attributes -> Jsonb,
        rev -> Int4,
    }
}

diesel::table! {
    terms (jurisdiction_id, kind, year) {
        jurisdiction_id -> Uuid,
        kind -> Text,
        year -> Int4,
        body -> Text,
        imported_at -> Timestamptz,
    }
}

diesel::table! {
    units (jurisdiction_id, unit_id) {
        jurisdiction_id -> Uuid,
        unit_id -> Uuid,
        code -> Text,
        name_zh -> Text,
        name_en -> Nullable<Text>,
        kind -> Text,
        area_id -> Nullable<Uuid>,
        rev -> Int4,
    }
}

diesel::table! {
    uploads (jurisdiction_id, upload_id) {
        jurisdiction_id -> Uuid,
        upload_id -> Uuid,
        account_id -> Uuid,
        device_id -> Uuid,
        sha256 -> Nullable<Bytea>,
        size -> Int8,
        media_type -> Nullable<Text>,
        metadata -> Nullable<Text>,
        held -> Int8,
        lease -> Int8,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    webhooks (jurisdiction_id, webhook_id) {
        jurisdiction_id -> Uuid,
        webhook_id -> Uuid,
        url -> Text,
        cursor -> Int8,
        attempts -> Int4,
        next_at -> Timestamptz,
        last_error -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    areas,
    blob_holders,
    blobs,
    checklists,
    commands,
    devices,
    epochs,
    evidence,
    feed,
    findings,
    grants,
    heads,
    inspections,
    invitations,
    item_deltas,
    item_evidence,
    item_findings,
    item_moves,
    item_tallies,
    jurisdictions,
    ledger,
    ledger_walks,
    memberships,
    move_deltas,
    move_tallies,
    notices,
    plan_sites,
    plans,
    previews,
    rectifications,
    refresh_tokens,
    replans,
    sessions,
    sign_in_failures,
    signing_keys,
    sites,
    terms,
    units,
    uploads,
    webhooks,
);
