//! The OpenAPI description: collected from the handlers, completed by what is true of all of them.

use utoipa::{
    OpenApi,
    openapi::{
        Content, OpenApi as Document, Ref, RefOr, Response,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Anfang",
        description = "Unannounced inspections, from an offline phone to evidence that stands. The protocol, with its reasons, is in docs/PROTOCOL.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&AccessToken)
)]
pub struct Description;

struct AccessToken;

impl utoipa::Modify for AccessToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("access_token", SecurityScheme::Http(scheme));
    }
}

/// Routes of `/v1` that need no sign-in.
const OPEN: [&str; 3] = ["/v1/capabilities", "/v1/sessions", "/v1/sessions/refresh"];

/// What every route may answer beside its own: refusals are problems, and who has to sign in is told so.
pub fn complete(mut document: Document) -> Document {
    for (path, item) in document.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/v1/")) {
        let place = Place { signed: !OPEN.contains(&path.as_str()), with_id: path.contains('{') };
        let with_body = [&mut item.get, &mut item.post, &mut item.delete, &mut item.patch];
        with_body.into_iter().flatten().for_each(|operation| place.refusals(operation, true));
        if let Some(operation) = &mut item.head {
            place.refusals(operation, false);
        }
    }
    document
}

/// What the address tells of a route's refusals.
struct Place {
    signed: bool,
    with_id: bool,
}

impl Place {
    fn refusals(&self, operation: &mut Operation, has_body: bool) {
        let mut codes = vec!["429", "503"];
        if self.signed {
            let token = SecurityRequirement::new::<_, [&str; 0], _>("access_token", []);
            operation.security = Some(vec![token]);
            codes.extend(["401", "403"]);
        }
        if self.with_id {
            codes.push("404");
        }
        if operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty()) {
            codes.extend(["404", "422"]);
        }
        if operation.request_body.is_some() {
            codes.extend(["400", "413", "415", "422"]);
        }
        let responses = &mut operation.responses.responses;
        if responses.contains_key("4XX") {
            codes.retain(|code| !code.starts_with('4'));
        }
        for code in codes {
            let refused = || RefOr::T(Response::new("refused: docs/PROTOCOL.md § 3"));
            responses.entry(code.to_owned()).or_insert_with(refused);
        }
        for (_, response) in responses.iter_mut().filter(|(code, _)| code.starts_with(['4', '5'])) {
            if let RefOr::T(response) = response {
                response.content.clear();
                if has_body {
                    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
                    let problem = RefOr::T(Content::new(Some(schema)));
                    response.content.insert("application/problem+json".to_owned(), problem);
                }
            }
        }
    }
}
