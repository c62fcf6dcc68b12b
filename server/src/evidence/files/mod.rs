//! Files that are held whole: originals, previews, and what they say of themselves.
//!
//! Promises: originals, previews and metadata need the same right; a file that one may not see is answered as one
//! that does not exist; bytes go out as they came in, under a media type that the server found itself.
//! Never: shows a file in a browser's page, gives it a name that a client chose.

pub mod range;
pub mod routes;
pub mod store;
