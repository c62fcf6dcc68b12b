//! `/v1/capabilities`, `/v1/sync`, `/v1/sync/events`.

use std::{collections::BTreeSet, time::Duration};

use actix_web::{
    HttpResponse, get, post,
    web::{Bytes, Data, Json},
};
use anfang_protocol::{
    Code, Problem,
    capabilities::{CAPABILITIES, Capabilities, Limits, OLDEST_PULL, PROTOCOL},
    command::Command,
    feed::Channel,
    review::MEDIA_TYPES,
    sync::{Request, Response, Status},
};
use tokio::sync::broadcast::error::RecvError;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    Hints,
    cursor::Written,
    page::{Head, is_past},
    pull::{self, Page},
    push, store,
};
use crate::{
    auth::{Actor, gate::Gate, proofs::Challenges, secret::Sealer},
    casework::{Done, Hall},
    clock::Clock,
    db::Db,
    failure::{Failure, Result},
    plans,
    wire::Wire,
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(capabilities).service(sync).service(events);
}

/// What this server speaks, and its limits. Needs no sign-in.
#[utoipa::path(tag = "sync", responses((status = 200, body = Capabilities)))]
#[get("/v1/capabilities")]
async fn capabilities(clock: Data<Clock>, challenges: Data<Challenges>) -> Json<Capabilities> {
    let now = clock.now();
    Json(Capabilities {
        protocols: vec![PROTOCOL],
        oldest_pull: OLDEST_PULL,
        capabilities: CAPABILITIES.iter().map(ToString::to_string).collect(),
        media_types: MEDIA_TYPES.iter().map(ToString::to_string).collect(),
        command_types: Command::KINDS.iter().map(ToString::to_string).collect(),
        limits: Limits::of_this_version(),
        server_time: now,
        challenge: challenges.issue(now),
    })
}

/// Commands up and changes down in one round trip; either part may be empty.
#[utoipa::path(tag = "sync", request_body = Request, security(("access_token" = [])), responses(
    (status = 200, body = Response),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "too_many_commands, too_large"),
))]
#[post("/v1/sync")]
async fn sync(
    actor: Actor,
    request: Wire<Request>,
    hall: Data<Hall>,
    db: Data<Db>,
    clock: Data<Clock>,
    sealer: Data<Sealer>,
) -> Result<HttpResponse> {
    let request = request.read()?;
    let Done { outcomes, head } = push::push(&hall, actor, &request, clock.now()).await?;
    if request.pull && !pull::may_pull(&actor) && request.commands.is_empty() {
        return Err(Problem::new(Code::ClientTooOld).into());
    }
    let pulls = request.pull && pull::may_pull(&actor);
    // A replayed command was written before any head that is read now, like a fresh one.
    let applied = outcomes.iter().any(|outcome| outcome.status == Status::Applied);
    let (page, head) = match head {
        // Only the push itself knows more, and has told.
        Some(head) if !pulls => (None, Some(Written { epoch: head.epoch, seq: head.seq })),
        None if !pulls && !applied => (None, None),
        _ => {
            let (page, head) = look(&db, &actor, &request, pulls, &sealer).await?;
            (page, Some(Written { epoch: head.epoch, seq: head.seq }))
        }
    };
    if let Some(page) = page.as_ref().filter(|page| !page.sealed.is_empty()) {
        plans::store::record_reading(&mut *db.conn().await?, &actor, clock.now(), &page.sealed).await?;
    }
    let written = head.filter(|_| applied);
    let waited = request.waiting_for.as_deref().and_then(|text| Written::open(text, &sealer));
    let arrived =
        page.as_ref().is_some_and(|page| is_past(written, page.through) && is_past(waited, page.through));
    let (cursor, page) = match page {
        Some(page) => (Some(page.cursor.clone()), page),
        None => (None, Page::default()),
    };
    Ok(HttpResponse::Ok().json(Response {
        outcomes,
        changes: page.changes,
        cursor,
        more: page.more,
        written_through: written.map(|written| written.seal(&sealer)),
        arrived,
        resync: page.resync,
        digests: page.digests,
        server_time: clock.now(),
    }))
}

/// The head of the feed, and the next page if it is wanted, in one snapshot.
async fn look(
    db: &Db,
    actor: &Actor,
    request: &Request,
    pulls: bool,
    sealer: &Sealer,
) -> Result<(Option<Page>, Head)> {
    let mut conn = db.conn().await?;
    conn.build_transaction()
        .repeatable_read()
        .read_only()
        .run::<_, Failure, _>(async |conn| {
            let head = store::head(conn, actor.jurisdiction).await?;
            let page =
                if pulls { Some(pull::pull(conn, actor, request, &head, sealer).await?) } else { None };
            Ok((page, head))
        })
        .await
}

/// How often a waiting client's sign-in is looked at, and a sign of life is sent.
const LOOK: Duration = Duration::from_millis(500);
const LOOKS_PER_SIGN: u32 = 40;

/// Server-sent hints that there is news. They carry no data; a client that hears one syncs.
#[utoipa::path(tag = "sync", security(("access_token" = [])), responses(
    (status = 200, content_type = "text/event-stream", body = String),
))]
#[get("/v1/sync/events")]
async fn events(
    actor: Actor,
    db: Data<Db>,
    hints: Data<Hints>,
    gate: Data<Gate>,
    clock: Data<Clock>,
) -> HttpResponse {
    let mut news = hints.listen();
    let stream = async_stream::stream! {
        let mut looks = 0_u32;
        let mut ticks = tokio::time::interval(LOOK);
        yield Ok::<_, actix_web::Error>(Bytes::from_static(b": listening\n\n"));
        loop {
            tokio::select! {
                heard = news.recv() => match heard {
                    Ok(rung) if rung.jurisdiction == actor.jurisdiction => {
                        if concerns(&db, &actor, &rung.channels).await {
                            yield Ok(Bytes::from_static(b"event: news\ndata: {}\n\n"));
                        }
                    }
                    Ok(_) => {}
                    // Some news was missed: better one hint too many.
                    Err(RecvError::Lagged(_)) => yield Ok(Bytes::from_static(b"event: news\ndata: {}\n\n")),
                    Err(RecvError::Closed) => break,
                },
                () = hints.closed() => break,
                _ = ticks.tick() => {
                    if gate.still(&db, clock.now(), &actor).await.is_err() {
                        break;
                    }
                    looks += 1;
                    if looks.is_multiple_of(LOOKS_PER_SIGN) {
                        yield Ok(Bytes::from_static(b": still here\n\n"));
                    }
                }
            }
        }
    };
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("cache-control", "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .insert_header(("content-encoding", "identity"))
        .streaming(stream)
}

/// Whether news in these channels is news for this reader. Anybody else is told nothing, not even by timing.
async fn concerns(db: &Db, actor: &Actor, channels: &BTreeSet<Channel>) -> bool {
    let Ok(conn) = db.conn().await else { return false };
    let memberships = store::memberships(&conn, actor.jurisdiction, actor.account).await;
    memberships
        .is_ok_and(|held| held.iter().any(|m| m.revoked_seq.is_none() && channels.contains(&m.channel)))
}
