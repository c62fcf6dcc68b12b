//! The one test binary: flows through public doors on a real Postgres, and the rules of the house.

mod harness;

mod flows {
    mod feed;
    mod frozen;
    mod grants;
    mod problems;
    mod revocation;
    mod sign_in;
    mod strangers;
    mod sync;
    mod tokens;
}
mod tidy;
