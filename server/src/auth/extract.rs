//! Finds out on whose behalf a request comes, before its handler runs.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use anfang_protocol::Code;
use anyhow::anyhow;

use crate::{
    auth::{
        actor::{Actor, Enrolling},
        gate::{Admitted, Gate},
        pace::Pace,
    },
    clock::Clock,
    db::Db,
    failure::{Failure, Result},
};

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

/// Answers 401 to strangers, forgers and thieves; 403 `enrolment_required` without an enrolled device.
impl FromRequest for Actor {
    type Error = Failure;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match admit(&request).await? {
                Admitted::Actor(actor) => Ok(actor),
                Admitted::Enrolling(_) => Err(Code::EnrolmentRequired.into()),
            }
        })
    }
}

/// Answers 401 to all but the access token of a sign-in without a device.
impl FromRequest for Enrolling {
    type Error = Failure;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match admit(&request).await? {
                Admitted::Enrolling(enrolling) => Ok(enrolling),
                Admitted::Actor(_) => Err(Code::TokenInvalid.into()),
            }
        })
    }
}

async fn admit(request: &HttpRequest) -> Result<Admitted> {
    let (gate, db, clock) = (data::<Gate>(request)?, data::<Db>(request)?, data::<Clock>(request)?);
    let token = bearer_token(request)?;
    let admitted = gate.admit(db, clock.now(), token).await?;
    let session = match &admitted {
        Admitted::Actor(actor) => actor.session,
        Admitted::Enrolling(enrolling) => enrolling.session,
    };
    data::<Pace>(request)?.count(session)?;
    Ok(admitted)
}

fn data<T: 'static>(request: &HttpRequest) -> Result<&Data<T>> {
    let missing = || anyhow!("the application has no {}", std::any::type_name::<T>());
    Ok(request.app_data::<Data<T>>().ok_or_else(missing)?)
}

/// The token of the one Authorization header. Nowhere else: an address ends up in logs.
fn bearer_token(request: &HttpRequest) -> Result<&str, Code> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let header = headers.next().ok_or(Code::SignInRequired)?;
    if headers.next().is_some() {
        return Err(Code::TokenInvalid);
    }
    let (scheme, token) =
        header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Code::TokenInvalid)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token) } else { Err(Code::TokenInvalid) }
}
