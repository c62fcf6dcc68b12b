//! What is logged and counted of each request: method, route, status, time, a request id. Never a person, a
//! body, a query or an address.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::Next,
};
use tracing::Span;
use tracing_actix_web::{DefaultRootSpanBuilder, RequestId, RootSpanBuilder};

/// The span of a request, without the personal data that the default one has.
pub struct Sparse;

impl RootSpanBuilder for Sparse {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = request.match_pattern().unwrap_or_else(|| "none".into());
        let id = request.extensions_id();
        tracing::info_span!(
            "request",
            method = %request.method(),
            route,
            request_id = %id,
            status = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
            http.status_code = tracing::field::Empty,
            exception.message = tracing::field::Empty,
            exception.details = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        DefaultRootSpanBuilder::on_request_end(span, outcome);
    }
}

trait ExtensionsId {
    fn extensions_id(&self) -> String;
}

impl ExtensionsId for ServiceRequest {
    fn extensions_id(&self) -> String {
        use actix_web::HttpMessage;
        self.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default()
    }
}

/// Tells the request's id in the answer, counts the request, and logs it once it is done.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let begun = std::time::Instant::now();
    let id = request.extensions_id();
    let method = request.method().as_str().to_owned();
    let route = request.match_pattern().unwrap_or_else(|| "none".into());
    let mut response = next.call(request).await?;
    let status = response.status().as_u16();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let labels = [("method", method), ("route", route), ("status", status.to_string())];
    metrics::counter!("anfang_requests_total", &labels).increment(1);
    metrics::histogram!("anfang_request_seconds", &labels[..2]).record(seconds);
    tracing::info!(status, ms = format!("{:.1}", seconds * 1e3), "answered");
    Ok(response)
}
