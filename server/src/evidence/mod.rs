//! Evidence: files on their way in, files held whole, and what they say of themselves.
//!
//! `uploads` takes bytes in (declaration, tus 1.0.0), `blobs` is where whole files live, `files` gives them out,
//! `examination` looks into them (by the decoders of anfang-media), `mentions` is the evidence that reports name, `chore`
//! mends, forgets and sweeps.
//!
//! Promises: an acknowledged byte is on stable storage; a file is held only under the hash of its bytes and only
//! for an account that sent all of them; whoever may not see a file cannot tell it from one that does not exist;
//! what has an allowed format's signature is kept, be it damaged.
//! Never: alters an original, names a file after anything that a client said, opens an address that a client
//! gave, decodes in this process, holds a database connection while a phone is sending.

pub mod blobs;
pub mod chore;
pub mod examination;
pub mod files;
pub mod mentions;
pub mod routes;
pub mod uploads;

pub use blobs::Blobs;
pub use examination::Examinations;
pub use mentions::store::statuses;
pub use routes::Room;
pub use uploads::{Spool, Uploads};
