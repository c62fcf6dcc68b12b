//! Rows of evidence, and the rule of who may see a file.

use std::collections::{BTreeSet, HashMap};

use anfang_protocol::{
    evidence::EvidenceStatus,
    feed::{Channel, Kind},
    ids::{AccountId, AreaId, JurisdictionId, UnitId},
    sha::Sha,
};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Binary, Integer, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use uuid::Uuid;

use super::Mention;
use crate::{
    db::{Conn, prepared},
    failure::{Failure, Result},
    ledger::{self, Place},
};

/// Who may see a file, as an SQL condition: whoever sent all of its bytes, and whoever reads a channel in which a
/// report, or a half of an item of the ledger, stands that has it as evidence. Takes the account and the hash as SQL; `$1` is
/// the jurisdiction.
///
/// No `EXISTS`: that, Postgres may answer by reading everything that the account ever sent.
macro_rules! may_see {
    ($account:literal, $sha:literal) => {
        concat!(
            "coalesce((SELECT true FROM blob_holders h WHERE h.jurisdiction_id = $1 AND h.sha256 = ",
            $sha,
            " AND h.account_id = ",
            $account,
            " LIMIT 1), (SELECT true FROM evidence e \
                JOIN feed f ON f.jurisdiction_id = $1 AND f.item_id = e.inspection_id AND f.present \
                JOIN memberships m ON m.jurisdiction_id = $1 AND m.channel = f.channel AND m.revoked_seq IS NULL \
                    AND m.account_id = ",
            $account,
            " WHERE e.jurisdiction_id = $1 AND e.status = 'stored' AND e.sha256 = ",
            $sha,
            " LIMIT 1), (SELECT true FROM item_evidence e \
                JOIN feed f ON f.jurisdiction_id = $1 AND f.item_id = e.item_id AND f.present \
                JOIN memberships m ON m.jurisdiction_id = $1 AND m.channel = f.channel AND m.revoked_seq IS NULL \
                    AND m.account_id = ",
            $account,
            " WHERE e.jurisdiction_id = $1 AND e.status = 'stored' AND e.sha256 = ",
            $sha,
            " LIMIT 1), false)"
        )
    };
}
pub(in crate::evidence) use may_see;

/// The subscripts `i` of an array, as SQL. The condition holds for all of them: by it Postgres reckons with five instead of a
/// thousand, and takes the plan that it has instead of making one for every call, in hope of a bargain.
macro_rules! few {
    ($array:literal) => {
        concat!("generate_subscripts(", $array, ", 1) AS n (i) WHERE i % 1 = 0")
    };
}
pub(in crate::evidence) use few;

/// A report, or an item of the ledger, whose evidence changed its status.
#[derive(QueryableByName)]
pub struct Revised {
    /// `inspection` or `rectification`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = SqlUuid)]
    pub item_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub channel_area_id: Uuid,
    /// Of a report its author, of an item the unit that sees it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub other: Option<Uuid>,
    #[diesel(sql_type = Integer)]
    pub rev: i32,
}

impl Revised {
    fn places(&self) -> impl Iterator<Item = Place> + use<> {
        let kind = Kind::from(self.kind.as_str());
        let other = self.other.map(|id| match kind {
            Kind::Inspection => Channel::Person(AccountId(id)),
            _ => Channel::Unit(UnitId(id)),
        });
        let (item, rev) = (self.item_id, self.rev);
        let area = Channel::Area(AreaId(self.channel_area_id));
        [Some(area), other]
            .into_iter()
            .flatten()
            .map(move |channel| Place::put(channel, kind.clone(), item, rev))
    }
}

/// Where these stand, each place once.
pub fn places<'a>(revised: impl IntoIterator<Item = &'a Revised>) -> Vec<Place> {
    let mut known = BTreeSet::new();
    revised.into_iter().filter(|revised| known.insert(revised.item_id)).flat_map(Revised::places).collect()
}

/// Changes the status of evidence, from any of some to another, and tells the feed: the last statement of its
/// transaction. Ring the bell for the places after the commit.
///
/// # Errors
/// Broken when the database fails.
pub async fn mark(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    files: &[Mention],
    from: &[EvidenceStatus],
    to: EvidenceStatus,
) -> Result<Vec<Place>> {
    let revised: Vec<Revised> = prepared(
        "WITH marked AS ( \
            UPDATE evidence e SET status = $5 FROM unnest($2, $3) AS q (account_id, sha256) \
            WHERE e.jurisdiction_id = $1 AND e.account_id = q.account_id AND e.sha256 = q.sha256 \
                AND e.status = ANY($4) \
            RETURNING e.inspection_id), \
         locked AS ( \
            SELECT inspection_id FROM inspections \
            WHERE jurisdiction_id = $1 AND inspection_id IN (SELECT inspection_id FROM marked) \
            ORDER BY inspection_id FOR UPDATE), \
         marked_items AS ( \
            UPDATE item_evidence e SET status = $5 FROM unnest($2, $3) AS q (account_id, sha256) \
            WHERE e.jurisdiction_id = $1 AND e.account_id = q.account_id AND e.sha256 = q.sha256 \
                AND e.status = ANY($4) \
            RETURNING e.rectification_id, e.item_id), \
         locked_items AS ( \
            SELECT rectification_id FROM rectifications \
            WHERE jurisdiction_id = $1 AND rectification_id IN ( \
                SELECT rectification_id FROM marked_items WHERE item_id = rectification_id) \
            ORDER BY rectification_id FOR UPDATE), \
         revised AS ( \
            UPDATE inspections i SET rev = i.rev + 1 FROM locked l \
            WHERE i.jurisdiction_id = $1 AND i.inspection_id = l.inspection_id \
            RETURNING i.inspection_id, i.channel_area_id, i.account_id, i.rev), \
         revised_items AS ( \
            UPDATE rectifications r SET rev = r.rev + 1 FROM locked_items l \
            WHERE r.jurisdiction_id = $1 AND r.rectification_id = l.rectification_id \
            RETURNING r.rectification_id, r.channel_area_id, r.seen_by, r.rev) \
         SELECT 'inspection' AS kind, inspection_id AS item_id, channel_area_id, account_id AS other, rev FROM revised \
         UNION ALL SELECT 'rectification', rectification_id, channel_area_id, seen_by, rev FROM revised_items",
    )
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(files.iter().map(|(account, _)| account.0).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(files.iter().map(|(_, sha)| sha.0.to_vec()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(from.iter().map(EvidenceStatus::as_str).collect::<Vec<_>>())
    .bind::<Text, _>(to.as_str().to_owned())
    .load(conn)
    .await?;
    let places = places(&revised);
    if !places.is_empty() {
        ledger::append(conn, jurisdiction, &[], &places).await?;
    }
    Ok(places)
}

/// Marks evidence as stored, in a transaction of its own: a receipt for the file is about to be given.
///
/// # Errors
/// Broken when the database fails.
pub async fn mark_stored(
    conn: &mut Conn,
    jurisdiction: JurisdictionId,
    files: &[Mention],
) -> Result<Vec<Place>> {
    let waiting = [EvidenceStatus::Missing, EvidenceStatus::Partial];
    conn.transaction::<_, Failure, _>(async |conn| {
        mark(conn, jurisdiction, files, &waiting, EvidenceStatus::Stored).await
    })
    .await
}

#[derive(QueryableByName)]
struct Standing {
    #[diesel(sql_type = SqlUuid)]
    account_id: Uuid,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
    #[diesel(sql_type = Text)]
    status: String,
}

/// What the server holds of the files that these people mention: `stored` for whoever sent all the bytes or may
/// see them, `partial` when some have arrived.
///
/// A file that becomes whole while a report that names it is being stored may be missed on both sides; the next
/// declaration mends that, and so does the chore.
///
/// # Errors
/// Broken when the database fails.
pub async fn statuses(
    mut conn: &Conn,
    jurisdiction: JurisdictionId,
    files: &BTreeSet<Mention>,
) -> Result<HashMap<Mention, EvidenceStatus>> {
    if files.is_empty() {
        return Ok(HashMap::new());
    }
    let answers: Vec<Standing> = prepared(concat!(
        "SELECT q.account_id, q.sha256, CASE WHEN ",
        may_see!("q.account_id", "q.sha256"),
        " THEN 'stored' WHEN (SELECT u.held > 0 FROM uploads u WHERE u.jurisdiction_id = $1 \
            AND u.account_id = q.account_id AND u.sha256 = q.sha256) THEN 'partial' ELSE 'missing' END AS status \
         FROM (SELECT $2[i] AS account_id, $3[i] AS sha256 FROM ",
        few!("$2"),
        ") q",
    ))
    .bind::<SqlUuid, _>(jurisdiction.0)
    .bind::<Array<SqlUuid>, _>(files.iter().map(|(account, _)| account.0).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(files.iter().map(|(_, sha)| sha.0.to_vec()).collect::<Vec<_>>())
    .load(&mut conn)
    .await?;
    let read = |answer: Standing| {
        let sha = Sha::from_slice(&answer.sha256)?;
        Some(((answer.account_id.into(), sha), EvidenceStatus::from(answer.status.as_str())))
    };
    Ok(answers.into_iter().filter_map(read).collect())
}

/// Evidence that is held and not marked so: at most `limit` files.
///
/// # Errors
/// Broken when the database fails.
pub async fn overlooked(conn: &mut Conn, limit: i64) -> Result<Vec<(JurisdictionId, Mention)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        jurisdiction_id: Uuid,
        #[diesel(sql_type = SqlUuid)]
        account_id: Uuid,
        #[diesel(sql_type = Binary)]
        sha256: Vec<u8>,
    }
    let rows: Vec<Row> = prepared(
        "SELECT DISTINCT e.jurisdiction_id, e.account_id, e.sha256 FROM evidence e \
         JOIN blob_holders h USING (jurisdiction_id, sha256, account_id) WHERE e.status <> 'stored' \
         UNION SELECT e.jurisdiction_id, e.account_id, e.sha256 FROM item_evidence e \
         JOIN blob_holders h USING (jurisdiction_id, sha256, account_id) WHERE e.status <> 'stored' LIMIT $1",
    )
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    let read =
        |row: Row| Some((row.jurisdiction_id.into(), (row.account_id.into(), Sha::from_slice(&row.sha256)?)));
    Ok(rows.into_iter().filter_map(read).collect())
}
