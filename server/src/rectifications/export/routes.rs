//! `/v1/rectifications/export`.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    time::Duration,
};

use actix_web::{
    HttpResponse, get,
    http::header,
    web::{Bytes, Data, Query},
};
use anfang_protocol::{Code, Problem};
use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{Exports, Format, Sheet};
use crate::{
    auth::Actor,
    clock::Clock,
    db::{Conn, Db},
    failure::{Failure, Result},
    ledger::{self, Entry},
    rectifications::{
        query::ListQuery,
        store::{
            export::lines,
            list::{self, Filter},
        },
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(export);
}

/// Items that are read at once.
const PART: i64 = 1000;
/// How long somebody waits for a turn.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes that are sent at once.
const CHUNK: usize = 64 * 1024;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// `csv` (unless told), `xlsx` or `geojson`.
    format: Option<String>,
}

/// The list as a file, with the same filters; `after` and `limit` do not count. `x-anfang-count` tells how many items it
/// has, `repr-digest` the SHA-256 of its bytes.
#[utoipa::path(tag = "rectifications", params(ExportQuery, ListQuery), security(("access_token" = [])), responses(
    (status = 200, body = String, content_type = "text/csv", headers(
        ("x-anfang-count" = u64), ("repr-digest" = String),
    )),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
#[get("/v1/rectifications/export")]
async fn export(
    actor: Actor,
    format: Query<ExportQuery>,
    query: Query<ListQuery>,
    db: Data<Db>,
    clock: Data<Clock>,
    exports: Data<Exports>,
) -> Result<HttpResponse> {
    let word = format.into_inner().format;
    let read = word.as_deref().map_or(Some(Format::default()), Format::read);
    let format = read.ok_or_else(|| Problem::new(Code::RequestInvalid).at("format"))?;
    let now = clock.now();
    let filter = Filter { before: None, limit: PART, ..query.into_inner().filter(now)? };
    let busy = || Failure::from(Problem::new(Code::Unavailable).retry_after_s(10));
    let turn = tokio::time::timeout(PATIENCE, exports.permits.acquire()).await;
    let _permit = turn.ok().and_then(std::result::Result::ok).ok_or_else(busy)?;
    let sheet = Sheet::begin(format, &exports.folder)?;
    let mut conn = db.conn().await?;
    let (sheet, count) = conn
        .build_transaction()
        .repeatable_read()
        .read_only()
        .run::<_, Failure, _>(async |conn| fill(conn, &actor, sheet, filter, now).await)
        .await?;
    let done = tokio::task::spawn_blocking(move || finish(sheet)).await.context("writing the export")??;
    let told = json!({ "count": count, "format": format.extension(), "sha256": hex::encode(done.sha256) });
    let entry = Entry::event("export.made", now, &told)?.by(actor.account, actor.device);
    ledger::append(&conn, actor.jurisdiction, &[entry], &[]).await?;
    let name = format!("rectifications-{}.{}", now.format("%Y%m%d"), format.extension());
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header(("x-anfang-count", count.to_string()))
        .insert_header(("repr-digest", format!("sha-256=:{}:", BASE64_STANDARD.encode(done.sha256))))
        // As it is: the digest is of these bytes.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .no_chunking(done.size)
        .streaming(chunks(done.file)))
}

/// Reads part after part, and writes it.
async fn fill(
    conn: &mut Conn,
    actor: &Actor,
    mut sheet: Sheet,
    mut filter: Filter,
    now: DateTime<Utc>,
) -> Result<(Sheet, u64)> {
    let mut count = 0;
    loop {
        let rows = list::visible(conn, actor, &filter).await?;
        let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
        for line in lines(conn, actor.jurisdiction, &ids, now).await? {
            sheet.write(&line)?;
            count += 1;
        }
        match rows.last() {
            Some((id, at)) if rows.len() as i64 == PART => filter.before = Some((*at, *id)),
            _ => return Ok((sheet, count)),
        }
    }
}

struct Finished {
    file: File,
    size: u64,
    sha256: [u8; 32],
}

fn finish(sheet: Sheet) -> anyhow::Result<Finished> {
    let mut file = sheet.finish()?;
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(Finished { file, size, sha256: hash.finalize().into() })
}

/// The file, a part at a time, as fast as the client takes it.
fn chunks(file: File) -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> {
    use tokio::io::AsyncReadExt;
    let mut file = tokio::fs::File::from_std(file);
    async_stream::stream! {
        loop {
            let mut buffer = vec![0; CHUNK];
            match file.read(&mut buffer).await {
                Ok(0) => break,
                Ok(read) => {
                    buffer.truncate(read);
                    yield Ok(Bytes::from(buffer));
                }
                Err(error) => {
                    yield Err(error);
                    break;
                }
            }
        }
    }
}
