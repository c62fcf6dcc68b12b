//! The schemas of commands' bodies, for the OpenAPI description.

/// The schema of a command's body, for the OpenAPI description.
pub struct Described {
    /// The command's type, which is the schema's name, too.
    pub kind: &'static str,
    pub schema: utoipa::openapi::RefOr<utoipa::openapi::Schema>,
    /// What it refers to, by name.
    pub parts: Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
}

impl Described {
    pub(crate) fn of<T: utoipa::ToSchema>(kind: &'static str) -> Self {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        Described { kind, schema: T::schema(), parts }
    }
}
