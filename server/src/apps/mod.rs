//! The two web apps, as files within the binary: the desk at `/`, the field app at `/field/`.
//!
//! `make web` builds them into `server/web/dist`; what lies there when the server is compiled is served. A build
//! without them works, and says at their addresses what is missing.
//!
//! Never: reads a file at run time, or answers with a file that was not embedded.

pub mod routes;

/// What `make web` had built when this was compiled.
#[derive(rust_embed::RustEmbed)]
#[folder = "web/dist"]
struct Assets;
