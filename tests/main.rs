//! The one test binary: flows through public doors on a real Postgres, and the rules of the house.

mod harness;

mod flows {
    mod day;
    mod engine;
    mod phone;
    mod phone_cli;
    mod problems;
    mod sync;
}
mod tidy;
