// Made by `npm run types:make` from the server's description. Never edit it.
export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process is alive. */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Prometheus metrics, for callers on this machine only: counts tell an outsider that something happened. */
        get: operations["measurements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The server can do its work: the database answers. */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All accounts, for administrators of the whole jurisdiction. */
        get: operations["list_accounts"];
        put?: never;
        /** Make an account. */
        post: operations["make_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{account_id}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Grant a role. Granted already, it is the same grant. */
        post: operations["give_grant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{account_id}/invitation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Invite a person to set the password: a code, shown this once, good for a day and for one use. An earlier one ends;
         *     the password that there is holds until then.
         */
        post: operations["invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{account_id}/standing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Bar an account, or let it in again. One that is barred is out within a second. */
        put: operations["set_standing"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/areas": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All areas of the jurisdiction. */
        get: operations["list_areas"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/areas/{id}/boundary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The boundary of an area: GeoJSON geometry, WGS 84. */
        get: operations["area_boundary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Declare the files that you are about to upload.
         * @description Answers, for each file, `have` (the receipt: it is on stable storage) or where to send its bytes.
         */
        post: operations["declare_blobs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blobs/{sha256}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Download an original: the bytes as they were uploaded. */
        get: operations["blob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /** What a download of the original would answer. */
        head: operations["blob_head"];
        patch?: never;
        trace?: never;
    };
    "/v1/blobs/{sha256}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a file says of itself. */
        get: operations["blob_metadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/blobs/{sha256}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A small JPEG of a photo, upright and without any metadata. */
        get: operations["blob_preview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/capabilities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What this server speaks, and its limits. Needs no sign-in. */
        get: operations["capabilities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/checklists": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every published version of every checklist. */
        get: operations["list_checklists"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/checklists/{id}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One version. It never changes. */
        get: operations["get_checklist"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own devices; for administrators also those of an account in their areas. */
        get: operations["get_devices"];
        put?: never;
        /** Enrol a device with the access token of a sign-in. Pins its protocol version. */
        post: operations["post_device"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{device_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a device: its access, its refresh tokens and its uploads end within a second. */
        delete: operations["delete_device"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/grants/{grant_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a grant away. Taken away already, it is not there. */
        delete: operations["take_grant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports/{what}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Areas, units, sites or checklists from a file: CSV (UTF-8, UTF-16, GB18030), GeoJSON, or JSON for checklists; 16 MB at
         *     most. With a fault anywhere, nothing is written. A dry run tells the file row by row. For administrators of the whole
         *     jurisdiction.
         */
        post: operations["import_reference"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inspections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Inspections that the caller may see, newest first. */
        get: operations["list_inspections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inspections/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One inspection. Somebody else's, and none, are the same 404. */
        get: operations["get_inspection"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set the password with the code of an invitation. Every older sign-in ends; then sign in as always. */
        post: operations["redeem_invitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/verification": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the ledger is whole: the server walks along it once a day. Without counts, which would grow with sealed plans.
         *     For supervisors, leaders, auditors and administrators.
         */
        get: operations["verification"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who the server takes the caller for, with the grants that hold. */
        get: operations["get_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change one's own password. Every other sign-in ends, its refresh tokens with it. */
        post: operations["post_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Those who serve where the caller oversees, and the caller. */
        get: operations["list_people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Plans that the caller may see: sealed ones of his or her own or team, unsealed ones of the areas overseen. */
        get: operations["list_plans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One plan. Somebody else's sealed one, and none, are the same 404. */
        get: operations["get_plan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans/{id}/draw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All that it takes to repeat the draw of a plan (`anfang verify draw`). While it is sealed there is none for anybody. */
        get: operations["draw"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reconciliation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Opening, new, reopened, closed, moved away, closing: per unit and day. */
        get: operations["accounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rectifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Items of the ledger that the caller may see, the last listed first. */
        get: operations["items"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rectifications/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many items the caller may see, by something, and how they stand. */
        get: operations["counts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rectifications/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The list as a file, with the same filters; `after` and `limit` do not count. `x-anfang-count` tells how many items it
         *     has, `repr-digest` the SHA-256 of its bytes.
         */
        get: operations["export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rectifications/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Problems from elsewhere, from a table: `code`, `area_code`, `source`, `severity`, `text`, `site_code`; headings in
         *     Chinese do as well. With a fault anywhere, nothing is listed. A dry run tells the table row by row.
         */
        post: operations["import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rectifications/{id}/trail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to an item, in order, for those who oversee it. Somebody else's, and none, are the same 404. */
        get: operations["trail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/relapses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How closed items held: closings and relapses (反弹) of each unit, or of each acceptance group (domain.md §4). */
        get: operations["held"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in with a password: on an enrolled device, or to enrol one. */
        post: operations["post_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out. */
        delete: operations["delete_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stay signed in: gives the successor of a refresh token. Each is used once. */
        post: operations["post_refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The sites in the areas that you may read, page by page. */
        get: operations["list_sites"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sites/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One site. */
        get: operations["get_site"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Commands up and changes down in one round trip; either part may be empty. */
        post: operations["sync"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sync/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Server-sent hints that there is news. They carry no data; a client that hears one syncs. */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/terms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The calendar, the rules and the priority tiers in force. */
        get: operations["terms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/units": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All units of the jurisdiction. */
        get: operations["list_units"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create an upload, with its first bytes if you like (tus creation, creation-with-upload).
         * @description Give `sha256` in `Upload-Metadata`: then creating twice gives the same upload.
         */
        post: operations["create_upload"];
        delete?: never;
        /** What this server can of tus. */
        options: operations["upload_options"];
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{upload_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** For clients that can only POST: the method in `X-HTTP-Method-Override`. */
        post: operations["override_upload_method"];
        /** Give an upload up. */
        delete: operations["delete_upload"];
        /** What this server can of tus. */
        options: operations["upload_options_of_one"];
        /** Where an upload stands. Stops whoever is writing to it. */
        head: operations["upload_offset"];
        /** Send the next bytes of an upload. */
        patch: operations["append_upload"];
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Acceptance: {
            accepted: components["schemas"]["By"];
            group?: components["schemas"]["UnitId"] | null;
            inspection_id?: components["schemas"]["InspectionId"] | null;
            method: components["schemas"]["Method"];
            text?: string | null;
        };
        /** @description A unit's account of one day. */
        Account: {
            /** Format: int64 */
            closed: number;
            /** Format: int64 */
            closing: number;
            /** Format: int64 */
            moved_away: number;
            /** Format: int64 */
            new: number;
            /** Format: int64 */
            opening: number;
            /** Format: int64 */
            reopened: number;
        };
        /** @description A role over an area or a unit. */
        AccountGrant: {
            /** Format: uuid */
            area_id?: string | null;
            /** Format: uuid */
            grant_id: string;
            role: string;
            /** Format: date-time */
            since: string;
            /** Format: uuid */
            unit_id?: string | null;
        };
        /** Format: uuid */
        AccountId: string;
        Accounts: {
            days: components["schemas"]["Day"][];
        };
        Answer: {
            evidence?: components["schemas"]["EvidenceId"][];
            /** @description The item's code. */
            item: string;
            note?: string | null;
            value: unknown;
        };
        /** @description What an answer to an item looks like, and when it fails. */
        AnswerType: {
            /** @enum {string} */
            type: "pass_fail";
        } | {
            /** Format: double */
            max: number;
            /** Format: double */
            min: number;
            /** Format: double */
            pass_max?: number | null;
            /** Format: double */
            pass_min?: number | null;
            /** @enum {string} */
            type: "number";
            unit?: components["schemas"]["Words"] | null;
        } | {
            options: components["schemas"]["ChoiceOption"][];
            /** @enum {string} */
            type: "choice";
        } | {
            /** @enum {string} */
            type: "text";
        };
        /** @description One answer (整改报告). Never altered: a later one stands beside it. */
        Answered: {
            evidence?: components["schemas"]["HeldEvidence"][];
            given: components["schemas"]["By"];
            /**
             * Format: int32
             * @description 1, 2, 3 …: the round that it belongs to.
             */
            round: number;
            text: string;
            /** @description The unit that it was given for. */
            unit_id: components["schemas"]["UnitId"];
        };
        /** @description The answers to one version of one checklist. */
        Answers: {
            answers: components["schemas"]["Answer"][];
            checklist_id: components["schemas"]["ChecklistId"];
            /** Format: int32 */
            version: number;
        };
        /** @description An area as it stands in the reference channel. The boundary is fetched apart: it is large. */
        Area: {
            area_id: components["schemas"]["AreaId"];
            /** @description The official 12-digit code. */
            code: string;
            has_boundary?: boolean;
            level: components["schemas"]["AreaLevel"];
            name: components["schemas"]["Words"];
            parent_id?: components["schemas"]["AreaId"] | null;
            sector?: components["schemas"]["Words"] | null;
        };
        /** Format: uuid */
        AreaId: string;
        /** @description One of: city, county, township, village, group. Later versions may add words. */
        AreaLevel: string;
        AreaList: {
            /** @description In the order of their codes. */
            areas: components["schemas"]["Area"][];
        };
        /** @description A question back to the author; open until an amendment names it. */
        AskedBack: {
            /**
             * Format: date-time
             * @description Server time.
             */
            at: string;
            by: components["schemas"]["AccountId"];
            finding_id?: components["schemas"]["FindingId"] | null;
            question_id: components["schemas"]["QuestionId"];
            text: string;
        };
        /** @description Who is to verify. */
        Assignment: {
            accounts?: components["schemas"]["AccountId"][];
            assigned: components["schemas"]["By"];
            group: components["schemas"]["UnitId"];
        };
        /** @description One value of an attribute. Numbers keep the meaning that the attribute's name gives them. */
        Attribute: boolean | number | string;
        /** @description Who, and when by the server's clock. */
        By: {
            /** Format: date-time */
            at: string;
            by: components["schemas"]["AccountId"];
        };
        Cancellation: {
            /** @description The approver. */
            cancelled: components["schemas"]["By"];
            joined_into?: components["schemas"]["RectificationId"] | null;
            reason: string;
        };
        Capabilities: {
            capabilities: string[];
            /** @description To be signed in a proof; good for ten minutes. */
            challenge: string;
            command_types: string[];
            limits: components["schemas"]["Limits"];
            media_types: string[];
            /** Format: int32 */
            oldest_pull: number;
            protocols: number[];
            /** Format: date-time */
            server_time: string;
        };
        /** @description The flat form of a [`Change`] on the wire. */
        Change: {
            body?: Record<string, never> | null;
            drop?: components["schemas"]["Channel"] | null;
            gone?: [
                string,
                string
            ] | null;
            kind?: components["schemas"]["Kind"] | null;
            put?: [
                string,
                string
            ] | null;
            rev?: string | null;
        };
        /** @description `POST /v1/password`: change one's own password. Every other sign-in of the account ends. */
        ChangePassword: {
            /** @description At least [`PASSWORD_CHARS_MIN`] characters. */
            new_password: string;
            old_password: string;
        };
        /** @description reference, sites:<area>, area:<area>, unit:<unit>, plan:<plan> or person:<account> */
        Channel: string;
        /** @description What a channel holds, summed up: equal sums mean equal holdings. */
        ChannelDigest: {
            /** Format: int64 */
            count: number;
            /** @description Exclusive or of [`share`] over the items, as 16 hexadecimal digits. */
            xor: string;
        };
        /** @description One published version of a checklist. */
        Checklist: {
            checklist_id: components["schemas"]["ChecklistId"];
            code: string;
            guidance?: components["schemas"]["Words"] | null;
            items: components["schemas"]["Item"][];
            title: components["schemas"]["Words"];
            /**
             * Format: int32
             * @description 1, 2, 3 … An inspection keeps the version it was made with for ever.
             */
            version: number;
        };
        /** @description A published version in short. */
        ChecklistEdition: {
            checklist_id: components["schemas"]["ChecklistId"];
            code: string;
            /** @description How many items it has. */
            items: number;
            /** @description The version to inspect with; older ones are kept for the inspections that were made with them. */
            newest: boolean;
            /** Format: date-time */
            published_at: string;
            title: components["schemas"]["Words"];
            /** Format: int32 */
            version: number;
        };
        /** Format: uuid */
        ChecklistId: string;
        ChecklistList: {
            /** @description Every published version, by code and version. */
            checklists: components["schemas"]["ChecklistEdition"][];
        };
        ChecklistVersion: {
            checklist_id: components["schemas"]["ChecklistId"];
            /** Format: int32 */
            version: number;
        };
        /** @description How a plan comes by its sites. */
        Choice: {
            named: components["schemas"]["SiteId"][];
        } | {
            drawn: components["schemas"]["Frame"];
        };
        ChoiceOption: {
            code: string;
            fails?: boolean;
            title: components["schemas"]["Words"];
        };
        /** @description What a phone knew of time at one moment. */
        ClockReading: {
            /** @description Distinguishes one start of the phone from the next; uptimes compare only within one. */
            boot?: string | null;
            /**
             * Format: date-time
             * @description The latest server time that the phone had seen.
             */
            server_seen?: string | null;
            /**
             * Format: int64
             * @description Milliseconds since the phone started, from a clock that nobody can set.
             */
            uptime_ms?: number | null;
            /**
             * Format: date-time
             * @description The phone's wall clock.
             */
            wall: string;
        };
        Closing: {
            acceptance: components["schemas"]["Acceptance"];
            closed: components["schemas"]["By"];
            text?: string | null;
        };
        /** @description One of: blue, yellow, red, receipt, review. Later versions may add words. */
        Colour: string;
        /**
         * Format: uuid
         * @description Made by the client, once per command, and kept over every resend.
         */
        CommandId: string;
        /** @description One amendment, or the voiding, as the inspection's history tells it. */
        Correction: {
            /**
             * Format: date-time
             * @description Server time.
             */
            at: string;
            by: components["schemas"]["AccountId"];
            /** @description What the amendment added. */
            evidence?: components["schemas"]["EvidenceId"][];
            question_id?: components["schemas"]["QuestionId"] | null;
            reason: string;
        };
        /** @description Items by something, with how they stand. */
        Count: {
            /** Format: int64 */
            closed: number;
            /**
             * Format: int64
             * @description The deadline passes within the next day.
             */
            due_soon: number;
            /** @description An area, a sector, a unit, a person, a stage, a severity: what was asked for. Null: none. */
            key?: string | null;
            /**
             * Format: int64
             * @description Neither closed nor cancelled.
             */
            open: number;
            /** Format: int64 */
            overdue: number;
            /** Format: int64 */
            returned: number;
            /** Format: int64 */
            suspended: number;
            /** Format: int64 */
            total: number;
        };
        Counts: {
            counts: components["schemas"]["Count"][];
        };
        /** @description A day in the account of a unit (对账). */
        Day: components["schemas"]["Account"] & {
            /** Format: date */
            day: string;
            /** Format: uuid */
            unit_id: string;
        };
        /** @description A deadline: a day, and the first moment after it in the jurisdiction's time zone. */
        Deadline: {
            /** Format: date */
            on: string;
            /**
             * Format: date-time
             * @description At this moment, and after it, it has passed.
             */
            passes_at: string;
            /**
             * @description Counted in working days of a year whose arrangement of holidays was not known when it was set: only the days
             *     that the regulation itself orders were off.
             */
            provisional?: boolean;
        };
        Declarations: {
            /** @description One for each declared file, in the same order. */
            blobs: components["schemas"]["Standing"][];
        };
        /** @description `POST /v1/blobs`: the files that a client is about to upload. Idempotent. */
        Declare: {
            /** @description At most `limits::BLOBS_PER_DECLARATION`. */
            blobs: components["schemas"]["Declared"][];
        };
        Declared: {
            media_type: string;
            sha256: components["schemas"]["Sha"];
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
        };
        /** @description The half of an item that only those who oversee may see. */
        Desk: {
            assignment?: components["schemas"]["Assignment"] | null;
            drafts?: components["schemas"]["Draft"][];
            /** @description The inspections that the findings come from, voided ones included. */
            inspections?: components["schemas"]["InspectionId"][];
            /** @description Commands of those who oversee that met a conflict. */
            kept?: components["schemas"]["Kept"][];
            look_back?: components["schemas"]["LookBack"] | null;
            remarks?: components["schemas"]["Remark"][];
            /** @description Reminders of reviews and look-backs: they would give the date away. */
            reminded?: components["schemas"]["Reminded"][];
        };
        /** @description One of the caller's devices. */
        Device: {
            account_id: components["schemas"]["AccountId"];
            device_id: components["schemas"]["DeviceId"];
            /** Format: date-time */
            enrolled_at: string;
            /** Format: date-time */
            last_seen_at?: string | null;
            name: string;
            platform: string;
            /** Format: int32 */
            protocol: number;
            /** Format: date-time */
            revoked_at?: string | null;
        };
        /**
         * Format: uuid
         * @description One installation of a client, used by one account.
         */
        DeviceId: string;
        /** @description A drafted rung, and what a person made of it. */
        Draft: {
            /** Format: date-time */
            at: string;
            due: components["schemas"]["Deadline"];
            /** Format: int32 */
            order: number;
            outcome: components["schemas"]["DraftOutcome"];
            rung: components["schemas"]["Rung"];
        };
        DraftOutcome: {
            /** @enum {string} */
            is: "waiting";
        } | {
            /** Format: date-time */
            at: string;
            by: components["schemas"]["AccountId"];
            /** @enum {string} */
            is: "approved";
        } | {
            /** Format: date-time */
            at: string;
            by: components["schemas"]["AccountId"];
            /** @enum {string} */
            is: "dropped";
            reason: string;
        };
        /** @description What is told of a draw: the commitment from the start, the rest at unsealing. */
        DrawRecord: {
            commitment: components["schemas"]["Sha"];
            /** Format: int32 */
            count: number;
            seed?: components["schemas"]["Sha"] | null;
            /**
             * Format: int32
             * @description The version of the tier rules, where they weighed.
             */
            tier_rules?: number | null;
        };
        /** @description A deadline as it is given: a day, or a number of working days from the day on which it is given. */
        Due: {
            /** Format: date */
            on: string;
        } | {
            /** Format: int32 */
            working_days: number;
        };
        /** @description `POST /v1/devices`: enrol a device, with the access token of a sign-in. */
        Enrol: {
            capabilities?: string[];
            /** @description What its owner calls it: 1 to 100 characters. */
            name: string;
            /** @description For instance `android 15`, `web`, `cli`. */
            platform: string;
            /** @description A proof over `purpose: "enrol"` and the challenge of `GET /v1/capabilities`. */
            proof: string;
            /**
             * Format: int32
             * @description The version of the protocol that this device will speak for as long as it is enrolled.
             */
            protocol: number;
            /** @description JSON Web Key (RFC 7517): `OKP`/`Ed25519` or `EC`/`P-256`, public part only. */
            public_key: Record<string, never>;
        };
        /** @description A command as it travels. It is stored and resent byte for byte: the same id with another content is refused. */
        Envelope: {
            after?: components["schemas"]["CommandId"] | null;
            /**
             * Format: date-time
             * @description When it was given, by the phone's clock.
             */
            at: string;
            /** @description The revision of the item that the person had before the eyes. */
            base_rev?: string | null;
            /** @description By the type of the command. */
            body: components["schemas"]["inspection.submit"] | components["schemas"]["inspection.amend"] | components["schemas"]["inspection.void"] | components["schemas"]["inspection.ask"] | components["schemas"]["plan.seal"] | components["schemas"]["plan.unseal"] | components["schemas"]["plan.withdraw"] | components["schemas"]["notice.read"] | components["schemas"]["rectification.list"] | components["schemas"]["rectification.join"] | components["schemas"]["rectification.split"] | components["schemas"]["rectification.add_finding"] | components["schemas"]["rectification.set_severity"] | components["schemas"]["rectification.hand_over"] | components["schemas"]["rectification.acknowledge"] | components["schemas"]["rectification.decline"] | components["schemas"]["rectification.reassign"] | components["schemas"]["rectification.plan"] | components["schemas"]["rectification.ask_extension"] | components["schemas"]["rectification.grant_extension"] | components["schemas"]["rectification.refuse_extension"] | components["schemas"]["rectification.suspend"] | components["schemas"]["rectification.resume"] | components["schemas"]["rectification.report"] | components["schemas"]["rectification.assign_verifiers"] | components["schemas"]["rectification.accept"] | components["schemas"]["rectification.return"] | components["schemas"]["rectification.close"] | components["schemas"]["rectification.look_back_passed"] | components["schemas"]["rectification.reopen"] | components["schemas"]["rectification.cancel"] | components["schemas"]["rectification.comment"] | components["schemas"]["rectification.instruct"] | components["schemas"]["rectification.read"] | components["schemas"]["rectification.remind"] | components["schemas"]["rectification.escalate"] | components["schemas"]["rectification.approve_step"] | components["schemas"]["rectification.drop_step"];
            clock?: components["schemas"]["ClockReading"] | null;
            id: components["schemas"]["CommandId"];
            /**
             * Format: int32
             * @description The device's own count of its commands; `ack_through` refers to it.
             */
            n: number;
            /** @description For instance `inspection.submit`. */
            type: string;
        };
        /** @description A report's mention of a file. Two mentions may name the same bytes; both are kept. */
        Evidence: {
            caption?: string | null;
            evidence_id: components["schemas"]["EvidenceId"];
            media_type: string;
            position?: components["schemas"]["Position"] | null;
            sha256: components["schemas"]["Sha"];
            /**
             * Format: int64
             * @description Bytes, 1 to `limits::BLOB_BYTES`.
             */
            size: number;
            source: components["schemas"]["EvidenceSource"];
            /**
             * Format: date-time
             * @description When the shutter fell, by the phone's clock.
             */
            taken_at?: string | null;
        };
        /** Format: uuid */
        EvidenceId: string;
        /** @description One of: camera, gallery, file. Later versions may add words. */
        EvidenceSource: string;
        /** @description One of: missing, partial, stored. Later versions may add words. */
        EvidenceStatus: string;
        /** @description An extension that was asked for, and what became of it. Both are kept. */
        Extension: {
            asked: components["schemas"]["By"];
            decision: components["schemas"]["ExtensionDecision"];
            from: components["schemas"]["Deadline"];
            /** Format: int32 */
            order: number;
            reason: string;
            to: components["schemas"]["Deadline"];
        };
        ExtensionDecision: {
            /** @enum {string} */
            is: "pending";
        } | {
            /** Format: date-time */
            at: string;
            by: components["schemas"]["AccountId"];
            due: components["schemas"]["Deadline"];
            /** @enum {string} */
            is: "granted";
            text?: string | null;
        } | {
            /** Format: date-time */
            at: string;
            by: components["schemas"]["AccountId"];
            /** @enum {string} */
            is: "refused";
            reason: string;
        } | {
            /** Format: date-time */
            at: string;
            /** @enum {string} */
            is: "lapsed";
        };
        /** @description A finding as the inspector records it. */
        Finding: {
            checklist_id?: components["schemas"]["ChecklistId"] | null;
            evidence?: components["schemas"]["EvidenceId"][];
            finding_id: components["schemas"]["FindingId"];
            item?: string | null;
            /** @description Raw notes: for the team and the supervisor only, never for the unit (domain.md §5). */
            notes?: string | null;
            position?: components["schemas"]["Position"] | null;
            severity: components["schemas"]["Severity"];
            /** @description What is wrong, in words fit for the responsible unit. */
            text: string;
        };
        /** Format: uuid */
        FindingId: string;
        /** @description One of: answers_missing, photos_missing, finding_missing, no_position, far_from_site, mock_position, clock_skew, clock_moved, time_impossible, long_visit, scope_ended. Later versions may add words. */
        Flag: string;
        /** @description Of which sites to draw, and how many. */
        Frame: {
            /** @description Sites within these areas. */
            areas: components["schemas"]["AreaId"][];
            /** @description Weigh sites by their priority tier; else all weigh alike. */
            by_tier?: boolean;
            /** Format: int32 */
            count: number;
            exclude?: components["schemas"]["SiteId"][];
            kinds: components["schemas"]["SiteKind"][];
            /** @description A further condition over the site's attributes. */
            only?: Record<string, never> | null;
        };
        Funds: {
            /** Format: int64 */
            in_place_yuan?: number;
            /** Format: int64 */
            planned_yuan?: number;
            /** Format: int64 */
            spent_yuan?: number;
        };
        /** @description A role over an area with all below it, or over a unit: one of the two. */
        GiveGrant: {
            /** Format: uuid */
            area_id?: string | null;
            /** @description `inspector`, `supervisor`, `unit_officer`, `verifier`, `leader`, `resident_team`, `auditor`, `administrator`. */
            role: string;
            /** Format: uuid */
            unit_id?: string | null;
        };
        /** @description A role of a person over a scope. */
        Grant: {
            account_id: components["schemas"]["AccountId"];
            grant_id: components["schemas"]["GrantId"];
            /** Format: date-time */
            granted_at: string;
            /** Format: date-time */
            revoked_at?: string | null;
            role: components["schemas"]["Role"];
            scope: components["schemas"]["Scope"];
        };
        /** Format: uuid */
        GrantId: string;
        /** @description One thing that happened to an item. */
        Happened: {
            /**
             * Format: date-time
             * @description Server time.
             */
            at: string;
            /**
             * Format: date-time
             * @description By the giver's own clock: what was done offline was done then. Absent: it was not kept.
             */
            given_at?: string | null;
            /** @description Who; null: the clock. */
            name?: string | null;
            /** @description `applied`, or `conflict`: it came too late and is kept in the item. */
            status: string;
            /** @description The type of the command. */
            type: string;
        };
        /** @description A mention together with what the server holds of the file. */
        HeldEvidence: components["schemas"]["Evidence"] & {
            status: components["schemas"]["EvidenceStatus"];
        };
        HeldList: {
            held: components["schemas"]["HeldOf"][];
        };
        /** @description How what was closed held: of a unit that put things right, or of a group that accepted it. */
        HeldOf: {
            /**
             * Format: int64
             * @description Closings.
             */
            closed: number;
            /**
             * Format: int64
             * @description Of them, those that did not hold (反弹).
             */
            relapsed: number;
            /**
             * Format: uuid
             * @description The unit or the group.
             */
            unit_id: string;
        };
        /** @description What becomes of one column or field, as a person reads it; empty: nothing is there. */
        ImportChange: {
            column: string;
            /** @description Absent: there is nothing to set beside it. */
            from?: string | null;
            to: string;
        };
        /** @description One thing that keeps a file from being imported. */
        ImportFault: {
            code: string;
            /** @description The column or field, where one is to blame. */
            column?: string | null;
            /** @description Line of the file on which the row begins; 1 is the first. */
            line: number;
            /** @description What to do about it. */
            reason: string;
            reason_zh: string;
            /** @description What stands there, cut to a readable length. */
            value?: string | null;
        };
        /** @description What came of the import of one file. */
        ImportReport: {
            /** @description Absent when there are faults. */
            added?: number | null;
            changed?: number | null;
            dry_run: boolean;
            encoding: string;
            faults: components["schemas"]["ImportFault"][];
            file: string;
            /** @description Properties of features that mean nothing here. */
            ignored: string[];
            rows: number;
            sha256: string;
            trial?: components["schemas"]["ImportTrial"] | null;
            unchanged?: number | null;
            what: components["schemas"]["What"];
            written: boolean;
        };
        /** @description One row of a file. */
        ImportRow: {
            /** @description Of a changed one what changes, of a new one all that it has. */
            changes?: components["schemas"]["ImportChange"][];
            /** @description Empty where it cannot be read. */
            code: string;
            /** @description What is wrong with it; also in the list of all faults. */
            faults?: components["schemas"]["ImportFault"][];
            is: components["schemas"]["ImportRowIs"];
            /** @description Line of the file on which it begins; 1 is the first. Absent: it is not in the file, and changes with what is. */
            line?: number | null;
            name?: components["schemas"]["Words"] | null;
        };
        /**
         * @description What a row is to what is there. In the order in which they need a person.
         * @enum {string}
         */
        ImportRowIs: "faulty" | "changed" | "new" | "unchanged";
        /** @description A file row by row, as a dry run would have it. */
        ImportTrial: {
            changed: number;
            /** @description How many rows are of each kind, told or not. While others are faulty: as far as it is known. */
            faulty: number;
            new: number;
            /** @description The first 1000: the faulty ones, then what changes, is new, stays; each in the order of the file. */
            rows: components["schemas"]["ImportRow"][];
            unchanged: number;
        };
        /** @description An inspection as the feed and the desk show it. */
        Inspection: {
            amendments?: components["schemas"]["Correction"][];
            area_id: components["schemas"]["AreaId"];
            arrival: components["schemas"]["Presence"];
            /** @description Who sent it. */
            by: components["schemas"]["AccountId"];
            checklists?: components["schemas"]["Answers"][];
            departure: components["schemas"]["Presence"];
            evidence?: components["schemas"]["HeldEvidence"][];
            findings?: components["schemas"]["Finding"][];
            flags?: components["schemas"]["Flag"][];
            inspection_id: components["schemas"]["InspectionId"];
            interviews?: components["schemas"]["Interview"][];
            notes?: string | null;
            plan_id?: components["schemas"]["PlanId"] | null;
            questions?: components["schemas"]["AskedBack"][];
            /**
             * Format: date-time
             * @description Server time of the submission.
             */
            received_at: string;
            site_id: components["schemas"]["SiteId"];
            /**
             * Format: int64
             * @description The phone's wall clock minus the server's, in milliseconds, when it was pushed.
             */
            skew_ms: number;
            stage: components["schemas"]["InspectionStage"];
            team?: string[];
            verdict: components["schemas"]["Verdict"];
            voided?: components["schemas"]["Correction"] | null;
        };
        /** Format: uuid */
        InspectionId: string;
        /** @description A page of inspections, newest first. */
        InspectionList: {
            inspections: components["schemas"]["Inspection"][];
            /** @description Where the next page begins; absent on the last. */
            next?: string | null;
        };
        /** @description One of: submitted, voided. Later versions may add words. */
        InspectionStage: string;
        /** @description Somebody who was asked. Private answers never reach a responsible unit. */
        Interview: {
            /**
             * Format: int32
             * @description Satisfaction (满意度), 1 to 5.
             */
            satisfaction?: number | null;
            text?: string | null;
            who: string;
        };
        /** @description An invitation as it is given out, this once. */
        Invitation: {
            /** @description Three groups of four letters and digits. */
            code: string;
            /** Format: date-time */
            expires_at: string;
        };
        Item: {
            answer: components["schemas"]["AnswerType"];
            /** @description Site kinds the item applies to; empty: all. */
            applies_to?: components["schemas"]["SiteKind"][];
            /** @description Unique within the checklist, never used again for another question. */
            code: string;
            default_severity: components["schemas"]["Severity"];
            /** @description Code of the sector department in charge. */
            department?: string | null;
            guidance?: components["schemas"]["Words"] | null;
            /**
             * Format: int32
             * @description Photos that a failing answer needs at least; fewer is flagged `photos_missing`.
             */
            min_photos?: number;
            /**
             * Format: int32
             * @description Working days a unit gets to put a failure right, unless the supervisor says otherwise.
             */
            rectify_within_days: number;
            /** @description An inspection without an answer to it is flagged `answers_missing`. */
            required?: boolean;
            title: components["schemas"]["Words"];
            /** @description 一票否决: failing this item fails the whole village or household. */
            veto?: boolean;
        };
        /** @description A finding as the ledger keeps it: fit for the unit. The raw notes stay with the inspection. */
        ItemFinding: {
            checklist_id?: components["schemas"]["ChecklistId"] | null;
            evidence?: components["schemas"]["HeldEvidence"][];
            finding_id: components["schemas"]["FindingId"];
            /** @description The code of the checklist's item. */
            item?: string | null;
            reference?: string | null;
            severity: components["schemas"]["Severity"];
            site_id?: components["schemas"]["SiteId"] | null;
            source: components["schemas"]["Source"];
            text: string;
        };
        /**
         * Format: uuid
         * @description The county or city whose headquarters runs the inspections: the unit of isolation (domain.md §3).
         */
        JurisdictionId: string;
        /** @description A command that came too late to apply: kept whole, for a person to look at beside what is there. */
        Kept: {
            /**
             * Format: date-time
             * @description Server time.
             */
            at: string;
            base_rev?: string | null;
            body: Record<string, never>;
            by: components["schemas"]["AccountId"];
            command_id: components["schemas"]["CommandId"];
            /** @description The revision that it met. */
            met_rev: string;
            type: string;
            /** @description Why it did not apply: the code of a problem. */
            why: string;
        };
        /** @description One of: area, unit, site, checklist, inspection, rectification, rectification_desk, plan, notice. Later versions may add words. */
        Kind: string;
        Limits: {
            /** Format: int64 */
            blob_bytes: number;
            blobs_per_declaration: number;
            command_bytes: number;
            commands_per_push: number;
            json_depth: number;
            /** Format: int64 */
            open_uploads_per_device: number;
            page_bytes: number;
            page_bytes_max: number;
            request_bytes: number;
            /** Format: int64 */
            upload_hours: number;
        };
        LookBack: {
            inspection_id?: components["schemas"]["InspectionId"] | null;
            /** Format: date */
            on: string;
            passed?: components["schemas"]["By"] | null;
        };
        /** @description A new account. It can do nothing until its person has redeemed an invitation. */
        MakeAccount: {
            /**
             * Format: uuid
             * @description Made by the client, version 7: the same request again makes no second account.
             */
            account_id: string;
            /** @description 1 to 64 characters without white space; kept in lower case. */
            login: string;
            /** @description 1 to 100 characters. */
            name: string;
            /** Format: uuid */
            unit_id?: string | null;
        };
        /** @description One moment in the history of the fix clock. From these alone, overdue can be recomputed for any time. */
        Mark: components["schemas"]["Tick"] & {
            /** Format: date-time */
            at: string;
        };
        /** @description `GET /v1/me`: who the server takes the caller for. */
        Me: {
            account_id: components["schemas"]["AccountId"];
            device_id: components["schemas"]["DeviceId"];
            grants: components["schemas"]["Grant"][];
            jurisdiction_id: components["schemas"]["JurisdictionId"];
            login: string;
            name: string;
        };
        /** @description One of: damaged, gps_invalid, gps_zero, date_invalid, exif_unreadable, orientation_invalid, trailing_data, strict_decode_failed, decoder_gave_up, too_many_pixels, media_type_differs, gps_altitude_invalid, gps_time_invalid, offset_invalid, container_time, times_disagree, incomplete, undecodable, unsupported_coding, low_content, screen_recording. Later versions may add words. */
        MediaFlag: string;
        /** @description `GET /v1/blobs/{sha256}/metadata`: what the bytes say of themselves. */
        Metadata: {
            /** Format: double */
            altitude_m?: number | null;
            /** @description False: not examined yet; what follows is empty. */
            examined: boolean;
            flags?: components["schemas"]["MediaFlag"][];
            /** Format: int32 */
            height?: number | null;
            /** Format: double */
            latitude?: number | null;
            /** Format: double */
            longitude?: number | null;
            make?: string | null;
            media_type: string;
            model?: string | null;
            /** @description Longest edges, in pixels, of the previews that there are. */
            previews?: number[];
            sha256: components["schemas"]["Sha"];
            /** Format: int64 */
            size: number;
            /** Format: date-time */
            stored_at: string;
            /** @description EXIF local time without an offset, for instance `2023-07-09T20:36:33`. */
            taken_local?: string | null;
            /**
             * Format: int32
             * @description Minutes east of UTC, where EXIF says so.
             */
            taken_offset_minutes?: number | null;
            /**
             * Format: int32
             * @description Pixels, as displayed: orientation applied.
             */
            width?: number | null;
        };
        /** @description One of: on_site, photo. Later versions may add words. */
        Method: string;
        /** @description Somebody by name; with the account, where there is one, so that notices reach it. */
        Named: {
            account_id?: components["schemas"]["AccountId"] | null;
            name: string;
        };
        /** @description A problem that no inspection of ours found: feedback from above, an audit, a report in the media, a call. */
        Noted: {
            evidence?: components["schemas"]["Evidence"][];
            /** @description Made by the client. */
            finding_id: components["schemas"]["FindingId"];
            position?: components["schemas"]["Position"] | null;
            /** @description The number of the document, the date of the broadcast. */
            reference?: string | null;
            severity: components["schemas"]["Severity"];
            site_id?: components["schemas"]["SiteId"] | null;
            source: components["schemas"]["Source"];
            text: string;
        };
        /** @description A notice as it stands in the person's channel. */
        Notice: {
            account_id: components["schemas"]["AccountId"];
            /** Format: date-time */
            at: string;
            colour?: components["schemas"]["Colour"] | null;
            inspection_id?: components["schemas"]["InspectionId"] | null;
            kind: components["schemas"]["NoticeKind"];
            notice_id: components["schemas"]["NoticeId"];
            plan_id?: components["schemas"]["PlanId"] | null;
            /**
             * Format: date-time
             * @description Absent: unread.
             */
            read_at?: string | null;
            rectification_id?: components["schemas"]["RectificationId"] | null;
            rung?: components["schemas"]["Rung"] | null;
        };
        /** Format: uuid */
        NoticeId: string;
        /** @description One of: handed_over, taken_away, declined, extension_asked, extension_granted, extension_refused, suspended, resumed, answered, to_verify, returned, closed, reopened, commented, instructed, reminder, escalated, draft_waits, conflict, plan, asked, asked_answered. Later versions may add words. */
        NoticeKind: string;
        /** @description What was handed over, to whom, by when (交办单). */
        Order: {
            /** @description As it stands now; [`Rectification::track`] has how it came about. */
            due: components["schemas"]["Deadline"];
            funds?: components["schemas"]["Funds"] | null;
            given: components["schemas"]["By"];
            leader?: components["schemas"]["Named"] | null;
            /**
             * Format: int32
             * @description 1, 2, 3 …: each handing over and each reassignment begins an order of its own, with a ladder of its own.
             */
            number: number;
            person: components["schemas"]["Named"];
            requirement: string;
            /** Format: date-time */
            sign_by: string;
            standard?: string | null;
            unit_id: components["schemas"]["UnitId"];
        };
        Outcome: {
            /** @description With `conflict`: the item as it stands. */
            current?: Record<string, never> | null;
            /** @description Remarks that did not stop the command. */
            flags?: components["schemas"]["Flag"][];
            id?: components["schemas"]["CommandId"] | null;
            problem?: components["schemas"]["Problem"] | null;
            /** @description The item's revision after the command. */
            rev?: string | null;
            status: components["schemas"]["Status"];
        };
        Pause: {
            reason: string;
            /** Format: date */
            review_on: string;
            suspended: components["schemas"]["By"];
        };
        /** @description A page of people, by name. */
        People: {
            /** @description Where the next page begins; absent on the last. */
            next?: string | null;
            people: components["schemas"]["Person"][];
        };
        /** @description Somebody with an active account. */
        Person: {
            /** Format: uuid */
            account_id: string;
            name: string;
            /** @description Over areas and units that the caller oversees. */
            roles?: string[];
            /**
             * Format: uuid
             * @description The unit that he or she belongs to.
             */
            unit_id?: string | null;
        };
        /** @description A plan as it stands in its channel, and, once unsealed, in those of its areas. */
        Plan: {
            checklists: components["schemas"]["ChecklistVersion"][];
            draw?: components["schemas"]["DrawRecord"] | null;
            orders?: string | null;
            plan_id: components["schemas"]["PlanId"];
            round?: string | null;
            sealed: components["schemas"]["By"];
            sites: components["schemas"]["SiteId"][];
            stage: components["schemas"]["PlanStage"];
            team: components["schemas"]["AccountId"][];
            /** Format: date-time */
            unseal_at: string;
            window: components["schemas"]["Window"];
        };
        /** Format: uuid */
        PlanId: string;
        /** @description A page of plans, the last made first. */
        PlanList: {
            /**
             * Format: uuid
             * @description Where the next page begins; absent on the last.
             */
            next?: string | null;
            plans: components["schemas"]["Plan"][];
        };
        PlanStage: {
            /** @enum {string} */
            name: "sealed";
        } | {
            /** Format: date-time */
            at: string;
            how: components["schemas"]["Unsealing"];
            /** @enum {string} */
            name: "unsealed";
        } | {
            /** @enum {string} */
            name: "withdrawn";
            reason: string;
            withdrawn: components["schemas"]["By"];
        };
        /** @description A fix, as the phone's receiver gave it. A claim, not a truth: a rooted phone can lie (promise 16). */
        Position: {
            /**
             * Format: double
             * @description Radius of 68 % confidence in metres.
             */
            accuracy_m?: number | null;
            /** Format: double */
            altitude_m?: number | null;
            /**
             * Format: date-time
             * @description When the fix was taken, by the phone's clock.
             */
            at?: string | null;
            /**
             * Format: double
             * @description Degrees north, WGS 84, -90 to 90.
             */
            latitude: number;
            /**
             * Format: double
             * @description Degrees east, WGS 84, -180 to 180.
             */
            longitude: number;
            /** @description The operating system said that the fix came from a mock provider. */
            mock?: boolean;
        };
        /** @description Arrival at a site, or departure from it. */
        Presence: {
            /**
             * Format: date-time
             * @description By the phone's clock.
             */
            at: string;
            /** @description Why there is no position ("no fix under the roof"). */
            no_position?: string | null;
            position?: components["schemas"]["Position"] | null;
        };
        /** @description A refusal as it travels: `application/problem+json` (RFC 9457). */
        Problem: {
            /** @description Where in the message: a JSON pointer, or the name of a part. */
            at?: string | null;
            /** @description What exactly was wrong, for a developer or a log; safe to tell. */
            detail?: string | null;
            /**
             * Format: int32
             * @description Seconds to wait before the next try.
             */
            retry_after_s?: number | null;
            /** Format: date-time */
            server_time?: string | null;
            /** Format: int32 */
            status: number;
            title: string;
            title_zh: string;
            /** @description `urn:anfang:problem:<code>`; what clients switch on. */
            type: string;
        };
        PutStanding: {
            /** @description `active` or `disabled`. */
            standing: string;
        };
        /**
         * Format: uuid
         * @description What a supervisor asks the author of an inspection back.
         */
        QuestionId: string;
        /** @description One run of the receipt clock (签收时限), apart from the fix clock. */
        ReceiptRun: {
            /**
             * Format: date-time
             * @description Signed for, declined, or taken away.
             */
            ended?: string | null;
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            sign_by: string;
        };
        /** @description An item of the ledger as everybody concerned may see it, the responsible unit included. */
        Rectification: {
            answers?: components["schemas"]["Answered"][];
            area_id: components["schemas"]["AreaId"];
            extensions?: components["schemas"]["Extension"][];
            findings: components["schemas"]["ItemFinding"][];
            /** @description Work of two people at once: nothing of it is lost. */
            kept?: components["schemas"]["Kept"][];
            ladder?: components["schemas"]["Taken"][];
            listed: components["schemas"]["By"];
            /** @description The units that it was handed to, one for each order; the last is in force, unless it was declined. */
            orders?: components["schemas"]["UnitId"][];
            receipts?: components["schemas"]["ReceiptRun"][];
            rectification_id: components["schemas"]["RectificationId"];
            relapses?: components["schemas"]["Relapse"][];
            remarks?: components["schemas"]["Remark"][];
            reminded?: components["schemas"]["Reminded"][];
            /**
             * Format: int32
             * @description Answers sent back so far.
             */
            rounds?: number;
            sent_back?: components["schemas"]["SentBack"][];
            severity: components["schemas"]["Severity"];
            site_id?: components["schemas"]["SiteId"] | null;
            source: components["schemas"]["Source"];
            stage: components["schemas"]["Stage"];
            text: string;
            track?: components["schemas"]["Mark"][];
        };
        /**
         * Format: uuid
         * @description An item on the ledger of rectifications (整改事项).
         */
        RectificationId: string;
        /** @description A page of items, the last listed first. */
        RectificationList: {
            /** @description Where the next page begins; absent on the last. */
            next?: string | null;
            rectifications: components["schemas"]["Rectification"][];
        };
        /** @description An invitation, redeemed. */
        Redeem: {
            /** @description As it was given out; hyphens, spaces and case do not matter. */
            code: string;
            /** @description Code of the jurisdiction; may be left out where the server has only one. */
            jurisdiction?: string | null;
            login: string;
            /** @description 8 characters or more, and not the login. */
            password: string;
        };
        /** @description `POST /v1/sessions/refresh`. */
        Refresh: {
            /**
             * @description A proof over `purpose: "refresh"` and the hash of the refresh token. The same proof sent again (the answer
             *     was lost) gets the same successor; another proof over a used token ends the sign-in.
             */
            proof: string;
            refresh_token: string;
        };
        Refused: {
            declined: components["schemas"]["By"];
            reason: string;
            suggests?: components["schemas"]["UnitId"] | null;
        };
        /** @description A closed item whose trouble came back: it counts against the unit and against the group that accepted it. */
        Relapse: {
            /** @description The closing that did not hold. */
            closing: components["schemas"]["Closing"];
            inspection_id?: components["schemas"]["InspectionId"] | null;
            reason: string;
            reopened: components["schemas"]["By"];
            unit_id: components["schemas"]["UnitId"];
        };
        /** @description A comment or an instruction. Never altered. */
        Remark: {
            kind: components["schemas"]["RemarkKind"];
            /** @description Who has read it, and when. */
            read?: components["schemas"]["By"][];
            remark_id: components["schemas"]["RemarkId"];
            said: components["schemas"]["By"];
            text: string;
        };
        /**
         * Format: uuid
         * @description A comment or an instruction on such an item.
         */
        RemarkId: string;
        /** @description One of: comment, instruction. Later versions may add words. */
        RemarkKind: string;
        /** @description A reminder that went out. Each once. */
        Reminded: {
            /** Format: date-time */
            at: string;
            colour: components["schemas"]["Colour"];
            /**
             * Format: date-time
             * @description When the reminder itself fell due: two blue ones before one deadline are two.
             */
            due: string;
            /**
             * Format: date-time
             * @description The deadline's `passes_at`, the `sign_by`, or the first moment of the day of the review or look-back.
             */
            of: string;
        };
        /** @description What came of a file. */
        Report: {
            dry_run: boolean;
            /** @description Line, column, code, reason in both languages, value. */
            faults: Record<string, never>[];
            /** @description Rows that became items; in a dry run, that would. */
            listed: number;
            rows: number;
            trial?: components["schemas"]["ImportTrial"] | null;
            /** @description Rows that were imported before, as they are. */
            unchanged: number;
        };
        /** @description What a client sends. Either part may be empty. */
        Request: {
            /**
             * Format: int32
             * @description All outcomes up to this `n` have been received and kept: their bodies need not be stored longer.
             */
            ack_through?: number | null;
            clock?: components["schemas"]["ClockReading"] | null;
            /** @description Each one an [`crate::command::Envelope`], kept as sent. */
            commands?: components["schemas"]["Envelope"][];
            /** @description Where the last page ended; null before the first. */
            cursor?: string | null;
            /** @description Ask for digests with the last page. */
            digests?: boolean;
            /** @description Size of the page wished for, in bytes of changes. */
            limit_bytes?: number | null;
            /** @description False: push only, send no changes. */
            pull?: boolean;
            /** @description Channels whose digest differed: they are dropped and sent again. */
            resync?: components["schemas"]["Channel"][];
            /** @description `written_through` of the last acknowledged command that the client still shows from its own overlay. */
            waiting_for?: string | null;
        };
        /** @description What the server answers. */
        Response: {
            /** @description `cursor` is past `waiting_for` and past `written_through`. */
            arrived?: boolean;
            changes?: components["schemas"]["Change"][];
            /** @description To be sent with the next request; opaque, different at every call. Absent when nothing was pulled. */
            cursor?: string | null;
            /** @description What the channels hold at this cursor. */
            digests?: {
                [key: string]: components["schemas"]["ChannelDigest"];
            } | null;
            /** @description More pages follow: do not show what came so far as complete. */
            more?: boolean;
            /** @description One for each command, in the same order. */
            outcomes?: components["schemas"]["Outcome"][];
            /**
             * @description The cursor is of another life of the database (restore, failover): compare `digests`, ask for `resync`
             *     of the channels that differ, drop those that are not listed.
             */
            resync?: boolean;
            /** Format: date-time */
            server_time: string;
            /** @description A mark in the feed behind the effects of this push's commands; opaque. */
            written_through?: string | null;
        };
        /** @description One of: inspector, supervisor, unit_officer, verifier, leader, resident_team, auditor, administrator. Later versions may add words. */
        Role: string;
        /** @description One of: remind, supervise, summon, admonish. Later versions may add words. */
        Rung: string;
        /** @description What a grant covers. */
        Scope: {
            /** @description An area with all below it. At township level or above: the township is the grain of access. */
            area: components["schemas"]["AreaId"];
        } | {
            unit: components["schemas"]["UnitId"];
        } | {
            plan: components["schemas"]["PlanId"];
        };
        /** @description Sent back to the unit, with the reasons. */
        SentBack: {
            inspection_id?: components["schemas"]["InspectionId"] | null;
            reasons: string;
            returned: components["schemas"]["By"];
            /**
             * Format: int32
             * @description The round that ended with it.
             */
            round: number;
        };
        /** @description One of: general, serious, grave. Later versions may add words. */
        Severity: string;
        /** @description SHA-256, lower-case hexadecimal */
        Sha: string;
        /** @description `POST /v1/sessions`: sign in with a password. */
        SignIn: {
            device?: components["schemas"]["SignInDevice"] | null;
            /** @description Code of the jurisdiction; may be left out where the server has only one. */
            jurisdiction?: string | null;
            login: string;
            password: string;
        };
        SignInDevice: {
            device_id: components["schemas"]["DeviceId"];
            /** @description A proof over `purpose: "sign_in"` and the challenge of `GET /v1/capabilities`. */
            proof: string;
        };
        /** @description A site as it stands in the `sites` channel of its township. */
        Site: {
            area_id: components["schemas"]["AreaId"];
            attributes?: {
                [key: string]: components["schemas"]["Attribute"];
            };
            code: string;
            kind: components["schemas"]["SiteKind"];
            /**
             * Format: double
             * @description Degrees, WGS 84; absent when nobody has measured it yet.
             */
            latitude?: number | null;
            /** Format: double */
            longitude?: number | null;
            name: components["schemas"]["Words"];
            /**
             * Format: double
             * @description Arrivals within this many metres count as on site.
             */
            radius_m?: number | null;
            site_id: components["schemas"]["SiteId"];
        };
        /** Format: uuid */
        SiteId: string;
        /** @description One of: village, household, clinic, water_works, house, school, workshop, solar_station, project, office, quarters. Later versions may add words. */
        SiteKind: string;
        SitePage: {
            /** @description Give this as `after` for the next page; absent on the last. */
            next?: string | null;
            /** @description In the order of their codes. */
            sites: components["schemas"]["Site"][];
        };
        /** @description One of: inspection, central, provincial, audit, media, citizens. Later versions may add words. */
        Source: string;
        /** @description Where an item is in its life, with the facts that only that stage has. Overdue is no stage: it is computed. */
        Stage: {
            /** @enum {string} */
            name: "listed";
        } | {
            /** @enum {string} */
            name: "handed_over";
            order: components["schemas"]["Order"];
        } | {
            /** @enum {string} */
            name: "acknowledged";
            task: components["schemas"]["Task"];
        } | {
            /** @enum {string} */
            name: "in_progress";
            task: components["schemas"]["Task"];
            work: components["schemas"]["Work"];
        } | {
            acceptance?: components["schemas"]["Acceptance"] | null;
            /** @enum {string} */
            name: "answered";
            task: components["schemas"]["Task"];
        } | {
            back: components["schemas"]["SentBack"];
            /** @enum {string} */
            name: "returned";
            task: components["schemas"]["Task"];
        } | {
            closing: components["schemas"]["Closing"];
            /** @enum {string} */
            name: "closed";
            task: components["schemas"]["Task"];
        } | {
            /** @enum {string} */
            name: "declined";
            order: components["schemas"]["Order"];
            refusal: components["schemas"]["Refused"];
        } | {
            from: Record<string, never>;
            /** @enum {string} */
            name: "suspended";
            pause: components["schemas"]["Pause"];
        } | {
            /** @enum {string} */
            name: "reopened";
            relapse: components["schemas"]["Relapse"];
            task: components["schemas"]["Task"];
        } | {
            cancellation: components["schemas"]["Cancellation"];
            /** @enum {string} */
            name: "cancelled";
        };
        /** @description Where a declared file stands. */
        Standing: {
            sha256: components["schemas"]["Sha"];
            /** @enum {string} */
            status: "have";
        } | {
            /** Format: date-time */
            expires_at: string;
            /** Format: int64 */
            offset: number;
            sha256: components["schemas"]["Sha"];
            /** @enum {string} */
            status: "upload";
            /** @description Path on this server. */
            upload: string;
        } | {
            problem: components["schemas"]["Problem"];
            sha256: components["schemas"]["Sha"];
            /** @enum {string} */
            status: "refused";
        };
        /**
         * @description What became of a command.
         * @enum {string}
         */
        Status: "applied" | "rejected" | "conflict" | "blocked" | "retry";
        /** @description A rung of the ladder that was taken. */
        Taken: {
            approved?: components["schemas"]["By"] | null;
            /** Format: date-time */
            at: string;
            /** @description The deadline that had passed. */
            due: components["schemas"]["Deadline"];
            /** Format: int32 */
            order: number;
            rung: components["schemas"]["Rung"];
            text?: string | null;
        };
        /** @description An order that was signed for. */
        Task: {
            order: components["schemas"]["Order"];
            receipt: components["schemas"]["By"];
        };
        /** @description By which deadlines are counted. */
        Terms: {
            /** @description Receipt, reminders, ladder, look-back. */
            rules: Record<string, never>;
            /** @description What comes first in a draw of this year. */
            tiers: Record<string, never>;
            /** @description IANA name. */
            time_zone: string;
            /** @description Public holidays and make-up working days, a year each. */
            years: Record<string, never>[];
        };
        Tick: {
            /** @enum {string} */
            clock: "runs";
            due: components["schemas"]["Deadline"];
        } | {
            /** @enum {string} */
            clock: "stands";
        };
        /** @description What a sign-in, an enrolment or a refresh gives. */
        Tokens: {
            /** Format: date-time */
            access_expires_at: string;
            access_token: string;
            account_id: components["schemas"]["AccountId"];
            /** @description Capability names that client and server have in common. */
            capabilities?: string[];
            device_id?: components["schemas"]["DeviceId"] | null;
            jurisdiction_id: components["schemas"]["JurisdictionId"];
            /** Format: date-time */
            refresh_expires_at?: string | null;
            /** @description Used once; its successor comes with the answer. Absent before a device is enrolled. */
            refresh_token?: string | null;
            /** Format: date-time */
            server_time: string;
        };
        Trail: {
            trail: components["schemas"]["Happened"][];
        };
        Unit: {
            area_id?: components["schemas"]["AreaId"] | null;
            code: string;
            kind: components["schemas"]["UnitKind"];
            name: components["schemas"]["Words"];
            unit_id: components["schemas"]["UnitId"];
        };
        /** Format: uuid */
        UnitId: string;
        /** @description One of: township, department, village, team. Later versions may add words. */
        UnitKind: string;
        UnitList: {
            /** @description In the order of their codes. */
            units: components["schemas"]["Unit"][];
        };
        /** @description One of: time, arrival, hand. Later versions may add words. */
        Unsealing: string;
        /** @description An account as administrators see it. */
        UserAccount: {
            /** Format: uuid */
            account_id: string;
            /**
             * Format: int64
             * @description Devices in use.
             */
            devices: number;
            grants: components["schemas"]["AccountGrant"][];
            /**
             * Format: date-time
             * @description An invitation is out, and good until then.
             */
            invited_until?: string | null;
            login: string;
            name: string;
            /** @description `invited`, `active`, `disabled`. */
            standing: string;
            /** Format: uuid */
            unit_id?: string | null;
        };
        /** @description A page of accounts, by login. */
        UserAccountList: {
            accounts: components["schemas"]["UserAccount"][];
            /** @description Where the next page begins; absent on the last. */
            next?: string | null;
        };
        /** @description The result of an inspection. */
        Verdict: {
            /** Format: int32 */
            failed: number;
            /** Format: int32 */
            passed: number;
            /** @description Codes of veto items (一票否决) that failed: one is enough to fail the whole village or household. */
            vetoed_by?: string[];
        };
        /** @description How the ledger's chain was found at the last walk along it. */
        Verification: {
            /** Format: date-time */
            checked_at: string;
            /** @description Every entry followed from the one before it. */
            ok: boolean;
        };
        /**
         * @description What can be imported.
         * @enum {string}
         */
        What: "areas" | "units" | "sites" | "checklists" | "calendar" | "deadlines" | "tiers";
        Window: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
        };
        /** @description A text in 简体中文 and, where there is one, in English. */
        Words: {
            en?: string | null;
            zh: string;
        };
        Work: {
            /** Format: date */
            finish_on?: string | null;
            planned: components["schemas"]["By"];
            text: string;
        };
        /**
         * @description The body of `inspection.amend`: what was forgotten or wrong, with the reason. Answers replace those to the
         *     same items; findings and evidence are only ever added.
         */
        "inspection.amend": {
            checklists?: components["schemas"]["Answers"][];
            evidence?: components["schemas"]["Evidence"][];
            findings?: components["schemas"]["Finding"][];
            inspection_id: components["schemas"]["InspectionId"];
            interviews?: components["schemas"]["Interview"][];
            notes?: string | null;
            question_id?: components["schemas"]["QuestionId"] | null;
            /** @description Where it answers a question: the answer. */
            reason: string;
        };
        /** @description The body of `inspection.ask`: a supervisor asks the author back. An amendment that names the question answers it. */
        "inspection.ask": {
            finding_id?: components["schemas"]["FindingId"] | null;
            inspection_id: components["schemas"]["InspectionId"];
            question_id: components["schemas"]["QuestionId"];
            text: string;
        };
        /** @description The body of `inspection.submit`. */
        "inspection.submit": {
            arrival: components["schemas"]["Presence"];
            checklists?: components["schemas"]["Answers"][];
            departure: components["schemas"]["Presence"];
            evidence?: components["schemas"]["Evidence"][];
            findings?: components["schemas"]["Finding"][];
            inspection_id: components["schemas"]["InspectionId"];
            interviews?: components["schemas"]["Interview"][];
            notes?: string | null;
            plan_id?: components["schemas"]["PlanId"] | null;
            site_id: components["schemas"]["SiteId"];
            /** @description Names of those who went, beside the sender. */
            team?: string[];
        };
        /** @description The body of `inspection.void`: made in error. It stays on the ledger and in the lists, marked. */
        "inspection.void": {
            inspection_id: components["schemas"]["InspectionId"];
            reason: string;
        };
        /** @description The body of `notice.read`: the person has read it. */
        "notice.read": {
            notice_id: components["schemas"]["NoticeId"];
        };
        /** @description The body of `plan.seal`. The server draws, records the commitment, and seals. */
        "plan.seal": {
            checklists: components["schemas"]["ChecklistVersion"][];
            /** @description For the team. */
            orders?: string | null;
            plan_id: components["schemas"]["PlanId"];
            /** @description Plans of one round never draw the same site twice, nor name the same household. Absent: a round of its own. */
            round?: string | null;
            sites: components["schemas"]["Choice"];
            team: components["schemas"]["AccountId"][];
            /**
             * Format: date-time
             * @description When it unseals by itself. Absent: at the end of the window.
             */
            unseal_at?: string | null;
            window: components["schemas"]["Window"];
        };
        /** @description The body of `plan.unseal`: by hand, or by the clock. */
        "plan.unseal": {
            plan_id: components["schemas"]["PlanId"];
        };
        /** @description The body of `plan.withdraw`: it will not be carried out. It stays sealed for ever to those it was sealed to. */
        "plan.withdraw": {
            plan_id: components["schemas"]["PlanId"];
            reason: string;
        };
        /** @description 验收通过 */
        "rectification.accept": {
            inspection_id?: components["schemas"]["InspectionId"] | null;
            method: components["schemas"]["Method"];
            rectification_id: components["schemas"]["RectificationId"];
            text?: string | null;
        };
        /** @description 签收 */
        "rectification.acknowledge": {
            rectification_id: components["schemas"]["RectificationId"];
        };
        "rectification.add_finding": {
            findings?: components["schemas"]["FindingId"][];
            noted?: components["schemas"]["Noted"][];
            rectification_id: components["schemas"]["RectificationId"];
        };
        /** @description A person lets a drafted summons or admonition go out. */
        "rectification.approve_step": {
            rectification_id: components["schemas"]["RectificationId"];
            rung: components["schemas"]["Rung"];
            text?: string | null;
        };
        "rectification.ask_extension": {
            due: components["schemas"]["Due"];
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
        };
        "rectification.assign_verifiers": {
            /** @description Empty: anybody of the group. */
            accounts?: components["schemas"]["AccountId"][];
            /** @description The acceptance group (验收组). */
            group: components["schemas"]["UnitId"];
            rectification_id: components["schemas"]["RectificationId"];
        };
        /** @description Listed in error. It stays visible. */
        "rectification.cancel": {
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
        };
        /** @description 销号: off the ledger. This item and no other. */
        "rectification.close": {
            rectification_id: components["schemas"]["RectificationId"];
            text?: string | null;
        };
        "rectification.comment": {
            /** @description Not for the unit: it stays among those who oversee. */
            internal?: boolean;
            rectification_id: components["schemas"]["RectificationId"];
            /** @description Made by the client. */
            remark_id: components["schemas"]["RemarkId"];
            text: string;
        };
        /** @description 退单: not this unit's. */
        "rectification.decline": {
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
            suggests?: components["schemas"]["UnitId"] | null;
        };
        /** @description A person lets it drop, with the reason. */
        "rectification.drop_step": {
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
            rung: components["schemas"]["Rung"];
        };
        /** @description By the clock: a rung of the ladder fell due. From the summons up it makes a draft. */
        "rectification.escalate": {
            rectification_id: components["schemas"]["RectificationId"];
            rung: components["schemas"]["Rung"];
        };
        "rectification.grant_extension": {
            due?: components["schemas"]["Due"] | null;
            rectification_id: components["schemas"]["RectificationId"];
            text?: string | null;
        };
        /** @description 交办: to a unit and a named person, with requirement and deadline. */
        "rectification.hand_over": {
            due: components["schemas"]["Due"];
            funds?: components["schemas"]["Funds"] | null;
            leader?: components["schemas"]["Named"] | null;
            person: components["schemas"]["Named"];
            /**
             * Format: int32
             * @description Absent: as the jurisdiction's rules say.
             */
            receipt_hours?: number | null;
            rectification_id: components["schemas"]["RectificationId"];
            /** @description 整改要求 */
            requirement: string;
            /** @description 工作标准 */
            standard?: string | null;
            unit_id: components["schemas"]["UnitId"];
        };
        /** @description 批示 */
        "rectification.instruct": {
            rectification_id: components["schemas"]["RectificationId"];
            /** @description Made by the client. */
            remark_id: components["schemas"]["RemarkId"];
            text: string;
        };
        /** @description Takes over all findings of another item, which is cancelled as joined into this one (并案). */
        "rectification.join": {
            other_id: components["schemas"]["RectificationId"];
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
        };
        /** @description Puts findings on the ledger as one item (列入). */
        "rectification.list": {
            area_id: components["schemas"]["AreaId"];
            findings?: components["schemas"]["FindingId"][];
            noted?: components["schemas"]["Noted"][];
            rectification_id: components["schemas"]["RectificationId"];
            severity?: components["schemas"]["Severity"] | null;
            /** @description The problem as the list shall word it. Absent: the first finding's text. */
            text?: string | null;
        };
        /** @description 回头看: the item held. */
        "rectification.look_back_passed": {
            inspection_id?: components["schemas"]["InspectionId"] | null;
            rectification_id: components["schemas"]["RectificationId"];
            text?: string | null;
        };
        /** @description The plan of the work; with it the work begins (整改中). */
        "rectification.plan": {
            /** Format: date */
            finish_on?: string | null;
            funds?: components["schemas"]["Funds"] | null;
            rectification_id: components["schemas"]["RectificationId"];
            text: string;
        };
        /** @description The sender has read these remarks. */
        "rectification.read": {
            rectification_id: components["schemas"]["RectificationId"];
            remarks: components["schemas"]["RemarkId"][];
        };
        /** @description Hands it to another unit or person: the same requirement, unless a new one is given. */
        "rectification.reassign": {
            due?: components["schemas"]["Due"] | null;
            leader?: components["schemas"]["Named"] | null;
            person: components["schemas"]["Named"];
            reason: string;
            /** Format: int32 */
            receipt_hours?: number | null;
            rectification_id: components["schemas"]["RectificationId"];
            requirement?: string | null;
            unit_id: components["schemas"]["UnitId"];
        };
        "rectification.refuse_extension": {
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
        };
        /** @description By the clock: a reminder fell due. */
        "rectification.remind": {
            colour: components["schemas"]["Colour"];
            rectification_id: components["schemas"]["RectificationId"];
        };
        /** @description 反弹: a look-back failed. */
        "rectification.reopen": {
            /** @description What the look-back found; joins the item's findings. */
            findings?: components["schemas"]["FindingId"][];
            inspection_id?: components["schemas"]["InspectionId"] | null;
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
        };
        /**
         * @description 报验: what was done, with after-photos. Given again upon an answer that the sender has seen
         *     (`base_rev` is the present revision), it takes that one's place; both are kept.
         */
        "rectification.report": {
            evidence?: components["schemas"]["Evidence"][];
            funds?: components["schemas"]["Funds"] | null;
            rectification_id: components["schemas"]["RectificationId"];
            text: string;
        };
        "rectification.resume": {
            due?: components["schemas"]["Due"] | null;
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
        };
        /** @description 退回: back to the unit, with the reasons; the round is counted. */
        "rectification.return": {
            due?: components["schemas"]["Due"] | null;
            inspection_id?: components["schemas"]["InspectionId"] | null;
            method?: components["schemas"]["Method"] | null;
            reasons: string;
            rectification_id: components["schemas"]["RectificationId"];
        };
        "rectification.set_severity": {
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
            severity: components["schemas"]["Severity"];
        };
        /** @description Parts some findings off into a new item (拆分). */
        "rectification.split": {
            findings: components["schemas"]["FindingId"][];
            /** @description Made by the client. */
            new_id: components["schemas"]["RectificationId"];
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
        };
        /** @description 挂账: cannot be solved at this level. */
        "rectification.suspend": {
            reason: string;
            rectification_id: components["schemas"]["RectificationId"];
            /** Format: date */
            review_on: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    measurements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_accounts: {
        parameters: {
            query?: {
                /** @description Part of the login or the name. */
                q?: string;
                /** @description Only people of this unit. */
                unit_id?: string;
                /** @description `next` of the page before. */
                after?: string;
                /** @description 1 to 200; 50 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserAccountList"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    make_account: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MakeAccount"];
            };
        };
        responses: {
            /** @description made already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserAccount"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserAccount"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description item_exists */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description text_invalid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    give_grant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                account_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GiveGrant"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountGrant"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_too_fine, scope_unsuitable, request_invalid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    invite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                account_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_allowed: the account is disabled */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_standing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                account_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PutStanding"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_allowed: one's own */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description request_invalid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_areas: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AreaList"];
                };
            };
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    area_boundary: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The area */
                id: components["schemas"]["AreaId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    declare_blobs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Declare"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Declarations"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    blob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sha256: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    blob_head: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sha256: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    blob_metadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sha256: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metadata"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    blob_preview: {
        parameters: {
            query?: {
                /** @description Longest edge in pixels: 320 or 1280. */
                edge?: number | null;
            };
            header?: never;
            path: {
                sha256: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    capabilities: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capabilities"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_checklists: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChecklistList"];
                };
            };
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_checklist: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The checklist */
                id: components["schemas"]["ChecklistId"];
                /** @description 1, 2, 3 … */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checklist"];
                };
            };
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_devices: {
        parameters: {
            query?: {
                /** @description For administrators: an account in their areas. Left out: one's own. */
                account_id?: components["schemas"]["AccountId"] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Device"][];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_device: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Enrol"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description version_unknown */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description request_invalid, text_invalid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    take_grant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grant_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_allowed: one's own right to administer */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    import_reference: {
        parameters: {
            query?: {
                /** @description Check every row, write nothing. */
                dry_run?: boolean;
                /** @description What the file is called: for the ledger and the report, 200 characters of it. */
                file?: string;
            };
            header?: never;
            path: {
                what: components["schemas"]["What"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportReport"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_inspections: {
        parameters: {
            query?: {
                /** @description Only in this township, village or other area. */
                area_id?: string;
                /** @description Only of this site. */
                site_id?: string;
                /** @description `next` of the page before. */
                after?: string;
                /** @description 1 to 200; 50 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InspectionList"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_inspection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Inspection"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    redeem_invitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Redeem"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description credentials_wrong */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description password_unsuitable */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description too_many_requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verification: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verification"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not for the caller, or not walked along yet */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangePassword"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description credentials_wrong */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description password_unsuitable */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_people: {
        parameters: {
            query?: {
                /** @description Only those who belong to this unit or serve it. */
                unit_id?: string;
                /** @description Only those with this role, for instance `verifier`. */
                role?: string;
                /** @description Part of the name. */
                q?: string;
                /** @description `next` of the page before. */
                after?: string;
                /** @description 1 to 200; 50 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["People"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_plans: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                after?: string;
                /** @description 1 to 200; 50 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanList"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_plan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    draw: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description commitment, sites, algorithm, count, exclusions, frame, seed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    accounts: {
        parameters: {
            query: {
                from: string;
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accounts"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    items: {
        parameters: {
            query?: {
                /** @description Only in this township, village or other area. */
                area_id?: string;
                /** @description Only in the townships of this sector of command (战区), by its Chinese name. */
                sector?: string;
                /** @description Only of this unit: it has the item, or had it last. */
                unit_id?: string;
                site_id?: string;
                stage?: string;
                severity?: string;
                source?: string;
                /** @description The responsible person, by name. */
                person?: string;
                /** @description Only what is overdue. */
                overdue?: boolean;
                /** @description Only what passes its deadline until this moment, overdue included. */
                due_until?: string;
                /** @description `next` of the page before. */
                after?: string;
                /** @description 1 to 200; 50 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RectificationList"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    counts: {
        parameters: {
            query?: {
                /** @description `stage` (unless told), `sector`, `township`, `area`, `unit`, `person`, `severity`, `source`; `site` with an area. */
                by?: string;
                /** @description Only items in this area, with all below it. */
                area_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Counts"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description request_invalid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export: {
        parameters: {
            query?: {
                /** @description `csv` (unless told), `xlsx` or `geojson`. */
                format?: string;
                /** @description Only in this township, village or other area. */
                area_id?: string;
                /** @description Only in the townships of this sector of command (战区), by its Chinese name. */
                sector?: string;
                /** @description Only of this unit: it has the item, or had it last. */
                unit_id?: string;
                site_id?: string;
                stage?: string;
                severity?: string;
                source?: string;
                /** @description The responsible person, by name. */
                person?: string;
                /** @description Only what is overdue. */
                overdue?: boolean;
                /** @description Only what passes its deadline until this moment, overdue included. */
                due_until?: string;
                /** @description `next` of the page before. */
                after?: string;
                /** @description 1 to 200; 50 unless told. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "repr-digest"?: string;
                    "x-anfang-count"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    import: {
        parameters: {
            query?: {
                /** @description Check every row, list nothing. */
                dry_run?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": string;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    trail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trail"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    held: {
        parameters: {
            query?: {
                /** @description `unit` (unless told): whose work it was. `group`: who accepted it. */
                by?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeldList"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description request_invalid */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description credentials_wrong, proof_invalid, device_revoked */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description account_disabled */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description too_many_requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description token_invalid, proof_invalid, refresh_reused, device_revoked */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description account_disabled */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_sites: {
        parameters: {
            query?: {
                /** @description In this area or below. */
                area_id?: components["schemas"]["AreaId"];
                kind?: components["schemas"]["SiteKind"];
                /** @description A part of the name or code. */
                q?: string;
                /** @description `next` of the page before. */
                after?: string;
                /** @description Sites on the page: 1 to 1000, else 100. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SitePage"];
                };
            };
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_site: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The site */
                id: components["schemas"]["SiteId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Site"];
                };
            };
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sync: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Request"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Response"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description too_many_commands, too_large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    terms: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Terms"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_units: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnitList"];
                };
            };
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_upload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    upload_options: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    override_upload_method: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    upload_options_of_one: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    upload_offset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    append_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description refused: docs/PROTOCOL.md § 3 */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
