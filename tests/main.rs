//! The one test binary: flows through public doors on a real Postgres, and the rules of the house.

mod harness;

mod flows {
    mod blobs;
    mod catalogue;
    mod county;
    mod day;
    mod engine;
    mod feed;
    mod forgeries;
    mod frozen;
    mod grants;
    mod import;
    mod links;
    #[cfg(target_os = "linux")]
    mod no_egress;
    mod phone;
    mod phone_cli;
    mod previews;
    mod problems;
    mod publishing;
    mod reading;
    mod reference;
    mod revocation;
    mod schema;
    mod sign_in;
    mod strangers;
    mod sync;
    mod tokens;
    mod uploads;
}
mod tidy;
