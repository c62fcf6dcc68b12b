//! What tests stand on: a real Postgres, real servers, people who speak.

pub mod ask;
pub mod books;
pub mod chance;
pub mod clerk;
pub mod cluster;
pub mod device;
pub mod figures;
pub mod gate;
pub mod given;
pub mod ledger;
pub mod phone;
pub mod postgres;
pub mod reports;
pub mod server;
pub mod speaker;
pub mod tus;

pub use given::County;
pub use phone::Phone;
pub use server::Server;
pub use speaker::Speaker;
