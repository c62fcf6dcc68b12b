//! Refused or broken, nothing else.
//!
//! A refusal is a coded problem that is safe to tell. All else is broken: logged with its causes, told as an
//! opaque 500. Neither ever carries personal data.

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    web,
};
use anfang_protocol::{Code, Problem};

/// Why a request or a task did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Refused(Box<Problem>),
    #[error("{0:#}")]
    Broken(anyhow::Error),
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why one part of a larger whole (a row, an item) cannot be taken: a code with its words, for lists of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    pub code: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
}

impl Failure {
    /// The problem to tell: the refusal itself, or an opaque one.
    pub fn problem(&self) -> Problem {
        match self {
            Failure::Refused(problem) => (**problem).clone(),
            Failure::Broken(error) if is_full(error) => Code::StorageFull.into(),
            Failure::Broken(error) if is_unavailable(error) => {
                Problem::new(Code::Unavailable).retry_after_s(2)
            }
            Failure::Broken(_) => Code::Internal.into(),
        }
    }
}

/// No space on the disk, whether for a file of ours or for Postgres.
fn is_full(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| {
            matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
        }) || cause.to_string().contains("No space left on device")
    })
}

/// The database is away, restarting, or too busy: the same request may succeed later.
fn is_unavailable(error: &anyhow::Error) -> bool {
    use diesel::result::{DatabaseErrorKind::*, Error::DatabaseError};
    error.chain().any(|cause| {
        if cause.is::<diesel_async::pooled_connection::deadpool::PoolError>()
            || cause.is::<diesel::ConnectionError>()
        {
            return true;
        }
        match cause.downcast_ref::<diesel::result::Error>() {
            Some(DatabaseError(
                ClosedConnection | SerializationFailure | ReadOnlyTransaction | UnableToSendCommand,
                _,
            )) => true,
            Some(DatabaseError(Unknown, info)) => {
                let message = info.message();
                [
                    "terminating connection",
                    "shutting down",
                    "starting up",
                    "recovery mode",
                    "timeout",
                    "deadlock",
                ]
                .iter()
                .any(|sign| message.contains(sign))
            }
            Some(diesel::result::Error::BrokenTransactionManager) => true,
            _ => false,
        }
    })
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure::Refused(Box::new(problem))
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}

macro_rules! broken_from {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Failure::Broken(error.into())
            }
        }
    )+};
}

broken_from!(
    anyhow::Error,
    diesel::result::Error,
    diesel_async::pooled_connection::deadpool::PoolError,
    std::io::Error,
    object_store::Error,
    serde_json::Error,
    tokio::task::JoinError,
    anfang_protocol::canonical::NotCanonical,
);

/// Media type of a problem (RFC 9457 §3).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Writes a problem as an HTTP answer.
pub fn answer(problem: &Problem) -> HttpResponse {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponseBuilder::new(status);
    response.content_type(PROBLEM_JSON).insert_header(("cache-control", "no-store"));
    if let Some(seconds) = problem.retry_after_s {
        response.insert_header(("retry-after", seconds.to_string()));
    }
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header(("www-authenticate", "Bearer"));
    }
    response.json(problem)
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.problem().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        if let Failure::Broken(error) = self {
            tracing::error!(error = format!("{error:#}"), "request failed");
        }
        answer(&self.problem())
    }
}

/// An address whose id cannot be read names nothing: the same 404 as an id that nothing has.
pub fn path_config() -> web::PathConfig {
    web::PathConfig::default().error_handler(|_, _| Failure::from(Code::NotFound).into())
}

/// A query with a NUL character names nothing that there is: Postgres keeps none.
///
/// # Errors
/// `text_invalid`.
pub async fn no_nul<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if request.query_string().contains("%00") {
        let problem = Problem::new(Code::TextInvalid).at("query").detail("a NUL character".to_owned());
        return Err(Failure::from(problem).into());
    }
    next.call(request).await
}

/// A query that cannot be read is refused like a body.
pub fn query_config() -> web::QueryConfig {
    web::QueryConfig::default().error_handler(|error, _| {
        Failure::from(Problem::new(Code::RequestInvalid).at("query").detail(error.to_string())).into()
    })
}
