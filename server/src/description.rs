//! The OpenAPI description: collected from the handlers, completed by what is true of all of them.

use anfang_protocol::{command::Command, feed::Kind, lifecycle::item::Desk, notice::Notice, plan::Plan};
use utoipa::{
    OpenApi,
    openapi::{
        Content, OpenApi as Document, Ref, RefOr, Response, Schema,
        path::Operation,
        schema::AnyOfBuilder,
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
    // What stands in the feed, and is named by no route.
    components(schemas(Kind, Desk, Plan, Notice)),
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
const OPEN: [&str; 4] = ["/v1/capabilities", "/v1/sessions", "/v1/sessions/refresh", "/v1/invitations"];

/// What every route may answer beside its own: refusals are problems, and who has to sign in is told so.
pub fn complete(mut document: Document) -> Document {
    for (path, item) in document.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/v1/")) {
        let place = Place { signed: !OPEN.contains(&path.as_str()), with_id: path.contains('{') };
        let with_body = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete, &mut item.patch];
        with_body.into_iter().flatten().for_each(|operation| place.refusals(operation, true));
        if let Some(operation) = &mut item.head {
            place.refusals(operation, false);
        }
    }
    describe_commands(&mut document);
    document
}

/// The body of every command, under the command's type; and that the body of an envelope is one of them.
fn describe_commands(document: &mut Document) {
    let schemas = &mut document.components.get_or_insert_default().schemas;
    let mut bodies = AnyOfBuilder::new().description(Some("By the type of the command."));
    for described in Command::described() {
        for (name, schema) in described.parts {
            schemas.entry(name).or_insert(schema);
        }
        schemas.insert(described.kind.to_owned(), described.schema);
        bodies = bodies.item(Ref::from_schema_name(described.kind));
    }
    if let Some(RefOr::T(Schema::Object(envelope))) = schemas.get_mut("Envelope") {
        envelope.properties.insert("body".to_owned(), bodies.into());
    }
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
