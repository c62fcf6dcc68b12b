//! Doors of the office: accounts, grants, invitations.

use actix_web::{
    HttpRequest, HttpResponse, delete, get, post, put,
    web::{Data, Path, Query},
};
use anfang_protocol::{
    Code, Problem,
    ids::{AccountId, AreaId, GrantId, UnitId},
    people::{Role, Scope},
};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{
    admit,
    invitations::{Invitation, Invitations},
    roll::{self, Account, Held, Wanted},
};
use crate::{
    auth::{
        Actor, Gate, Passwords,
        accounts::{self, NewAccount},
        address::address,
        attempts::Attempts,
        grants, passwords, sign_in,
        standing::Standing,
    },
    clock::Clock,
    db::{Conn, Db},
    failure::Result,
    wire::Wire,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(get_accounts)
        .service(post_account)
        .service(put_standing)
        .service(post_invitation)
        .service(redeem)
        .service(post_grant)
        .service(delete_grant);
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct AccountsQuery {
    /// Part of the login or the name.
    q: Option<String>,
    /// Only people of this unit.
    unit_id: Option<Uuid>,
    /// `next` of the page before.
    after: Option<String>,
    /// 1 to 200; 50 unless told.
    limit: Option<i64>,
}

/// A page of accounts, by login.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = UserAccountList)]
struct Accounts {
    accounts: Vec<Account>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// All accounts, for administrators of the whole jurisdiction.
#[utoipa::path(operation_id = "list_accounts", tag = "administration", params(AccountsQuery), responses(
    (status = 200, body = Accounts),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[get("/v1/accounts")]
async fn get_accounts(
    actor: Actor,
    query: Query<AccountsQuery>,
    db: Data<Db>,
    clock: Data<Clock>,
) -> Result<HttpResponse> {
    let conn = &mut *db.conn().await?;
    admit(conn, &actor).await?;
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let wanted = Wanted {
        account: None,
        unit: query.unit_id,
        text: query.q.as_deref(),
        after: query.after.as_deref(),
    };
    let mut accounts = roll::list(conn, &actor, clock.now(), &wanted, limit + 1).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = accounts.len() > page;
    accounts.truncate(page);
    let next = accounts.last().filter(|_| more).map(|last| last.login.clone());
    Ok(HttpResponse::Ok().json(Accounts { accounts, next }))
}

async fn one(conn: &mut Conn, actor: &Actor, clock: &Clock, account: AccountId) -> Result<Account> {
    let wanted = Wanted { account: Some(account), ..Wanted::default() };
    let found = roll::list(conn, actor, clock.now(), &wanted, 1).await?;
    Ok(found.into_iter().next().ok_or(Code::NotFound)?)
}

/// A new account. It can do nothing until its person has redeemed an invitation.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct MakeAccount {
    /// Made by the client, version 7: the same request again makes no second account.
    #[schema(value_type = Uuid)]
    account_id: AccountId,
    /// 1 to 64 characters without white space; kept in lower case.
    login: String,
    /// 1 to 100 characters.
    name: String,
    unit_id: Option<Uuid>,
}

/// Make an account.
#[utoipa::path(operation_id = "make_account", tag = "administration", request_body = MakeAccount, responses(
    (status = 201, body = Account), (status = 200, body = Account, description = "made already"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 409, body = Problem, description = "item_exists", content_type = "application/problem+json"),
    (status = 422, body = Problem, description = "text_invalid", content_type = "application/problem+json"),
))]
#[post("/v1/accounts")]
async fn post_account(
    actor: Actor,
    body: Wire<MakeAccount>,
    db: Data<Db>,
    clock: Data<Clock>,
    secrets: Data<Passwords>,
) -> Result<HttpResponse> {
    admit(&mut *db.conn().await?, &actor).await?;
    let body = body.read()?;
    // Nobody is told this one: the invitation lets the person set another.
    let password_hash = secrets.hash(passwords::made_up()).await?;
    let new = NewAccount {
        login: body.login,
        name: body.name,
        password_hash,
        standing: Standing::Invited,
        unit: body.unit_id.map(UnitId),
    };
    let conn = &mut *db.conn().await?;
    let (here, id) = (actor.jurisdiction, body.account_id);
    let made = accounts::create_as(conn, &clock, here, Some(&actor), id, &new).await?;
    let account = one(conn, &actor, &clock, id).await?;
    Ok(if made { HttpResponse::Created() } else { HttpResponse::Ok() }.json(account))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct PutStanding {
    /// `active` or `disabled`.
    standing: String,
}

/// Bar an account, or let it in again. One that is barred is out within a second.
#[utoipa::path(operation_id = "set_standing", tag = "administration", request_body = PutStanding,
    params(("account_id" = String, Path)), responses(
    (status = 204),
    (status = 403, body = Problem, description = "not_allowed: one's own", content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, description = "request_invalid", content_type = "application/problem+json"),
))]
#[put("/v1/accounts/{account_id}/standing")]
async fn put_standing(
    actor: Actor,
    account: Path<String>,
    body: Wire<PutStanding>,
    db: Data<Db>,
    clock: Data<Clock>,
    gate: Data<Gate>,
) -> Result<HttpResponse> {
    let conn = &mut *db.conn().await?;
    admit(conn, &actor).await?;
    let account: AccountId = account.parse().map_err(|_| Code::NotFound)?;
    let standing = match body.read()?.standing.as_str() {
        "active" => Standing::Active,
        "disabled" => Standing::Disabled,
        _ => {
            return Err(Problem::new(Code::RequestInvalid)
                .at("/standing")
                .detail("active or disabled")
                .into());
        }
    };
    if account == actor.account {
        return Err(Problem::new(Code::NotAllowed).detail("nobody bars himself or herself").into());
    }
    accounts::set_standing(conn, &clock, actor.jurisdiction, Some(&actor), account, standing).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().finish())
}

/// Invite a person to set the password: a code, shown this once, good for a day and for one use. An earlier one ends;
/// the password that there is holds until then.
#[utoipa::path(operation_id = "invite", tag = "administration", params(("account_id" = String, Path)), responses(
    (status = 201, body = Invitation),
    (status = 403, body = Problem, description = "not_allowed: the account is disabled", content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[post("/v1/accounts/{account_id}/invitation")]
async fn post_invitation(
    actor: Actor,
    account: Path<String>,
    db: Data<Db>,
    clock: Data<Clock>,
    invitations: Data<Invitations>,
) -> Result<HttpResponse> {
    let conn = &mut *db.conn().await?;
    admit(conn, &actor).await?;
    let account = account.parse().map_err(|_| Code::NotFound)?;
    let invitation = invitations.invite(conn, &clock, &actor, account).await?;
    Ok(HttpResponse::Created().insert_header(("cache-control", "no-store")).json(invitation))
}

/// An invitation, redeemed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct Redeem {
    /// Code of the jurisdiction; may be left out where the server has only one.
    jurisdiction: Option<String>,
    login: String,
    /// As it was given out; hyphens, spaces and case do not matter.
    code: String,
    /// 8 characters or more, and not the login.
    password: String,
}

/// Set the password with the code of an invitation. Every older sign-in ends; then sign in as always.
#[utoipa::path(operation_id = "redeem_invitation", tag = "people", request_body = Redeem, security(()), responses(
    (status = 204),
    (status = 401, body = Problem, description = "credentials_wrong", content_type = "application/problem+json"),
    (status = 422, body = Problem, description = "password_unsuitable", content_type = "application/problem+json"),
    (status = 429, body = Problem, description = "too_many_requests", content_type = "application/problem+json"),
))]
#[post("/v1/invitations")]
#[allow(clippy::too_many_arguments)]
async fn redeem(
    request: HttpRequest,
    body: Wire<Redeem>,
    db: Data<Db>,
    clock: Data<Clock>,
    gate: Data<Gate>,
    secrets: Data<Passwords>,
    attempts: Data<Attempts>,
    invitations: Data<Invitations>,
) -> Result<HttpResponse> {
    let body = body.read()?;
    let address = address(&request, attempts.behind_proxy);
    let who = (body.jurisdiction.as_deref(), body.login.as_str());
    let (tried, account) = {
        let conn = &mut *db.conn().await?;
        let tried = sign_in::attempt(conn, clock.now(), &attempts, address, who).await?;
        let account = invitations.check(conn, clock.now(), &tried, &body.code).await?;
        sign_in::forgive(conn, clock.now(), &attempts, &tried).await?;
        (tried, account)
    };
    passwords::check_new(&body.password, &account.login).map_err(|problem| problem.at("/password"))?;
    let hash = secrets.hash(body.password).await?;
    let conn = &mut *db.conn().await?;
    invitations.redeem(conn, &clock, &tried, &account, &body.code, &hash).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().finish())
}

/// A role over an area with all below it, or over a unit: one of the two.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct GiveGrant {
    /// `inspector`, `supervisor`, `unit_officer`, `verifier`, `leader`, `resident_team`, `auditor`, `administrator`.
    role: String,
    area_id: Option<Uuid>,
    unit_id: Option<Uuid>,
}

/// Grant a role. Granted already, it is the same grant.
#[utoipa::path(operation_id = "give_grant", tag = "administration", request_body = GiveGrant,
    params(("account_id" = String, Path)), responses(
    (status = 200, body = Held),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, description = "scope_too_fine, scope_unsuitable, request_invalid", content_type = "application/problem+json"),
))]
#[post("/v1/accounts/{account_id}/grants")]
async fn post_grant(
    actor: Actor,
    account: Path<String>,
    body: Wire<GiveGrant>,
    db: Data<Db>,
    clock: Data<Clock>,
) -> Result<HttpResponse> {
    let conn = &mut *db.conn().await?;
    admit(conn, &actor).await?;
    let account: AccountId = account.parse().map_err(|_| Code::NotFound)?;
    let body = body.read()?;
    let role = Role::from(body.role.as_str());
    if !role.is_known() {
        return Err(Problem::new(Code::RequestInvalid).at("/role").detail("there is no such role").into());
    }
    let scope = match (body.area_id, body.unit_id) {
        (Some(area), None) => Scope::Area(AreaId(area)),
        (None, Some(unit)) => Scope::Unit(UnitId(unit)),
        _ => return Err(Problem::new(Code::RequestInvalid).detail("name an area or a unit").into()),
    };
    let id = grants::give(conn, &clock, actor.jurisdiction, Some(&actor), account, role, scope).await?;
    let account = one(conn, &actor, &clock, account).await?;
    let held = account.grants.into_iter().find(|held| held.grant_id == id).ok_or(Code::NotFound)?;
    Ok(HttpResponse::Ok().json(held))
}

/// Take a grant away. Taken away already, it is not there.
#[utoipa::path(operation_id = "take_grant", tag = "administration", params(("grant_id" = String, Path)), responses(
    (status = 204),
    (status = 403, body = Problem, description = "not_allowed: one's own right to administer", content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
#[delete("/v1/grants/{grant_id}")]
async fn delete_grant(
    actor: Actor,
    grant: Path<String>,
    db: Data<Db>,
    clock: Data<Clock>,
) -> Result<HttpResponse> {
    let conn = &mut *db.conn().await?;
    admit(conn, &actor).await?;
    let grant: GrantId = grant.parse().map_err(|_| Code::NotFound)?;
    let holder = roll::holder(conn, actor.jurisdiction, grant).await?;
    let (account, role) = holder.ok_or(Code::NotFound)?;
    if account == actor.account && role == Role::Administrator {
        let why = "nobody gives up his or her own right to administer";
        return Err(Problem::new(Code::NotAllowed).detail(why).into());
    }
    grants::revoke(conn, &clock, actor.jurisdiction, Some(&actor), grant).await?;
    Ok(HttpResponse::NoContent().finish())
}
