//! The one test binary: flows through public doors on a real Postgres, and the rules of the house.

#![allow(
    clippy::disallowed_methods,
    reason = "tests speak as people, who have clocks and chance of their own"
)]
#![allow(clippy::type_complexity, clippy::explicit_auto_deref, reason = "tables of cases, dice over them")]

#[cfg(target_os = "linux")]
mod crashes;
#[cfg(target_os = "linux")]
mod fleet;
mod harness;

mod flows {
    mod agreement;
    mod apps;
    mod asked;
    mod blobs;
    mod casework;
    mod catalogue;
    mod county;
    mod day;
    mod engine;
    mod exports;
    mod feed;
    mod forgeries;
    mod frozen;
    mod grants;
    mod import;
    mod import_rows;
    mod limits;
    mod links;
    mod media;
    mod new_county;
    #[cfg(target_os = "linux")]
    mod no_egress;
    mod office;
    mod people;
    #[cfg(target_os = "linux")]
    mod phone;
    mod phone_cli;
    mod plans;
    mod previews;
    mod private;
    mod problems;
    mod publishing;
    mod reach;
    mod reading;
    mod reference;
    mod restored;
    mod revocation;
    mod schema;
    mod sealed;
    mod sign_in;
    mod strangers;
    mod sync;
    mod tokens;
    mod tombstones;
    mod uploads;
    mod webhooks;
    mod weeks;
    mod year;
}
mod tidy;
