//! Changes pulled: one new report out of a short and of a very long feed, nothing new, and a township from the start.

use std::time::{Duration, Instant};

use anfang_protocol::{
    feed::Channel,
    ids::AccountId,
    sync::{Change, Response},
};
use anyhow::{Context, bail};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Text, Uuid as SqlUuid},
};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use serde_json::json;

use crate::{
    given::County,
    ground::{TOWNSHIPS, township},
    http::{Line, request},
    load::Load,
    people::Person,
    pushes::Phone,
};
use anfang::db::Conn;

/// Changes that somebody has missed who was away for a day.
const CHANGES: usize = 1000;

/// Somebody who reads.
pub struct Reader {
    pub person: Person,
    /// Where the last page ended; none before the first.
    cursor: Option<String>,
}

/// What a whole pull brought.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pulled {
    pub puts: usize,
    pub pages: usize,
    /// Bytes of all answers, and of the same compressed with zstd as phones ask for.
    pub bytes: usize,
    pub compressed: usize,
}

impl Reader {
    pub fn new(person: Person) -> Self {
        Reader { person, cursor: None }
    }

    /// The bytes of a request for the next page.
    fn request(&self, limit_bytes: Option<usize>) -> Vec<u8> {
        let mut body = json!({ "cursor": self.cursor });
        if let Some(limit) = limit_bytes {
            body["limit_bytes"] = limit.into();
        }
        let body = body.to_string();
        let headers = [("content-type", "application/json")];
        let head = request("POST", "/v1/sync", Some(&self.person.token), &headers, body.len());
        [head.as_bytes(), body.as_bytes()].concat()
    }

    /// Everything from where the reader stands to the end.
    pub async fn pull(&mut self, limit_bytes: Option<usize>, compress: bool) -> anyhow::Result<Pulled> {
        let mut pulled = Pulled::default();
        loop {
            let request = self.request(limit_bytes);
            let answer = self.person.line.ask(&[&request]).await?;
            pulled.pages += 1;
            pulled.bytes += answer.body.len();
            if compress {
                pulled.compressed += zstd::encode_all(answer.body, 3)?.len();
            }
            let page: Response = answer.json()?;
            if page.resync {
                bail!("the cursor is of another life");
            }
            pulled.puts += page.changes.iter().filter(|change| matches!(change, Change::Put(_))).count();
            self.cursor = Some(page.cursor.context("a cursor")?);
            if !page.more {
                return Ok(pulled);
            }
        }
    }

    /// From nothing: a phone's first sync.
    pub async fn pull_anew(&mut self, limit_bytes: Option<usize>, compress: bool) -> anyhow::Result<Pulled> {
        self.cursor = None;
        self.pull(limit_bytes, compress).await
    }

    /// Asks once where nothing is new.
    pub async fn poll(&mut self) -> anyhow::Result<u64> {
        let request = self.request(None);
        let answer = self.person.line.ask(&[&request]).await?;
        if answer.status != 200 || answer.count("\"put\"") > 0 {
            bail!("nothing new was expected: {}", answer.told());
        }
        Ok(1)
    }

    /// Others with the same sign-in at the same place, each on a connection of its own.
    pub async fn twins(&self, address: &str, count: usize) -> anyhow::Result<Vec<Reader>> {
        let mut twins = Vec::with_capacity(count);
        for _ in 0..count {
            let person = Person {
                county: self.person.county,
                account: self.person.account,
                device: self.person.device,
                token: self.person.token.clone(),
                line: Line::open(address).await?,
            };
            twins.push(Reader { person, cursor: self.cursor.clone() });
        }
        Ok(twins)
    }
}

/// One report is pushed, then pulled by somebody else who had everything before, again and again. What is measured
/// is the pull.
pub async fn follow(writer: &mut Phone, reader: &mut Reader, seconds: f64) -> anyhow::Result<Load> {
    let begin = Instant::now() + Duration::from_secs_f64((seconds / 4.0).min(1.0));
    let end = begin + Duration::from_secs_f64(seconds);
    let mut load = Load::default();
    while Instant::now() < end {
        writer.push(&[]).await?;
        let request = reader.request(None);
        let started = Instant::now();
        let answer = reader.person.line.ask(&[&request]).await?;
        let took = started.elapsed();
        let page: Response = answer.json()?;
        let expected = writer.template.inspection();
        let [Change::Put(put)] = page.changes.as_slice() else {
            bail!("one change was expected: {}", answer.told());
        };
        if put.id != expected || put.body.is_none() || page.more {
            bail!("another change than the new report: {}", answer.told());
        }
        reader.cursor = page.cursor;
        if started >= begin {
            load.units += 1;
            load.seconds += took.as_secs_f64();
            load.micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        }
    }
    Ok(load)
}

/// A thousand reports are pushed, then pulled by somebody who had everything before, again and again from there, in pages
/// of 1 MB. What is measured is the server's answers, all pages of a pull together.
pub async fn catch_up(
    address: &str,
    writer: &mut Phone,
    reader: &mut Reader,
    seconds: f64,
) -> anyhow::Result<Load> {
    for _ in 0..CHANGES {
        writer.push(&[]).await?;
    }
    // Who was silent for so long is hung up on.
    reader.person.line = Line::open(address).await?;
    let behind = reader.cursor.clone();
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut load = Load::default();
    while Instant::now() < end {
        reader.cursor.clone_from(&behind);
        let (mut changes, mut took, mut more) = (0, Duration::ZERO, true);
        while more {
            let request = reader.request(Some(1024 * 1024));
            let started = Instant::now();
            let answer = reader.person.line.ask(&[&request]).await?;
            took += started.elapsed();
            let page: Response = answer.json()?;
            changes += page.changes.len();
            (reader.cursor, more) = (page.cursor, page.more);
        }
        anyhow::ensure!(changes == CHANGES, "{changes} changes were pulled");
        load.units += 1;
        load.seconds += took.as_secs_f64();
        load.micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }
    Ok(load)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Leaves room for twenty million changes in the order of the county, behind all that there is.
pub async fn make_room(conn: &mut Conn, county: County) -> anyhow::Result<i64> {
    let head: Number = diesel::sql_query(
        "UPDATE heads SET seq = seq + 20000000 WHERE jurisdiction_id = $1 RETURNING seq - 20000000 AS number",
    )
    .bind::<SqlUuid, _>(county.id().0)
    .get_result(conn)
    .await?;
    Ok(head.number)
}

/// Fills the feed up to `rows`, with changes that every reader has behind him: in the room that was made, two rows
/// for each item, one in a township's channel and one in its author's.
///
/// The items themselves are not made: an incremental pull never looks at what has not changed since.
pub async fn fill(
    conn: &mut Conn,
    county: County,
    authors: &[AccountId],
    room: i64,
    rows: i64,
) -> anyhow::Result<()> {
    let there: Number = diesel::sql_query("SELECT count(*) AS number FROM feed WHERE jurisdiction_id = $1")
        .bind::<SqlUuid, _>(county.id().0)
        .get_result(conn)
        .await?;
    let made: Number = diesel::sql_query(
        "SELECT count(*) AS number FROM feed WHERE jurisdiction_id = $1 AND seq > $2 AND seq <= $2 + 20000000",
    )
    .bind::<SqlUuid, _>(county.id().0)
    .bind::<BigInt, _>(room)
    .get_result(conn)
    .await?;
    let areas: Vec<String> =
        (0..TOWNSHIPS).map(|t| Channel::Area(county.area(&township(t))).to_string()).collect();
    let persons: Vec<String> = authors.iter().map(|author| Channel::Person(*author).to_string()).collect();
    let from = made.number;
    let to = made.number + rows - there.number;
    diesel::sql_query(
        "INSERT INTO feed (jurisdiction_id, channel, item_id, kind, seq, present, rev, share) \
         SELECT $1, CASE i % 2 WHEN 0 THEN ($2::text[])[1 + (i / 2) % array_length($2, 1)] \
                ELSE ($3::text[])[1 + (i / 2) % array_length($3, 1)] END, \
             ('01920000-0000-7000-8000-' || lpad(to_hex(i / 2), 12, '0'))::uuid, 'inspection', $4 + 1 + i, true, 1, i \
         FROM generate_series($5, $6 - 1) AS g(i)",
    )
    .bind::<SqlUuid, _>(county.id().0)
    .bind::<Array<Text>, _>(areas)
    .bind::<Array<Text>, _>(persons)
    .bind::<BigInt, _>(room)
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(to)
    .execute(conn)
    .await?;
    conn.batch_execute("ANALYZE feed").await?;
    Ok(())
}

/// For pgbench: the rows of the feed behind the head in the channels of somebody who reads the whole county.
pub fn query_of_feed(county: County, reader: AccountId) -> String {
    let channels = (0..TOWNSHIPS).flat_map(|t| {
        let area = county.area(&township(t));
        [Channel::Area(area).to_string(), Channel::Sites(area).to_string()]
    });
    let channels = channels.chain([Channel::Reference.to_string(), Channel::Person(reader).to_string()]);
    // pgbench takes a colon before a word for a variable of its own.
    let channels: Vec<String> = channels.map(|channel| channel.replace(':', ";")).collect();
    format!(
        "SELECT f.* FROM unnest('{{{}}}'::text[]) AS w(channel) CROSS JOIN LATERAL ( \
            SELECT * FROM feed WHERE jurisdiction_id = '{}' AND channel = replace(w.channel, ';', chr(58)) COLLATE \"C\" \
                AND (seq, present, item_id) > ((SELECT seq - 2 FROM heads WHERE jurisdiction_id = '{1}'), true, \
                    'ffffffff-ffff-ffff-ffff-ffffffffffff') \
            ORDER BY seq, present, item_id LIMIT 2001) f;\n",
        channels.join(","),
        county.id()
    )
}

/// For pgbench: the sites and reports of a township, with their parts.
pub fn query_of_township(county: County) -> String {
    let (id, area) = (county.id(), county.area(&township(0)));
    format!(
        "SELECT * FROM sites WHERE jurisdiction_id = '{id}' AND channel_area_id = '{area}';\n\
         SELECT * FROM inspections WHERE jurisdiction_id = '{id}' AND channel_area_id = '{area}';\n\
         SELECT f.* FROM findings f JOIN inspections i USING (jurisdiction_id, inspection_id) \
            WHERE jurisdiction_id = '{id}' AND channel_area_id = '{area}';\n"
    )
}
