//! Crashes: the server, Postgres and phones die wherever they can; nothing that was acknowledged is lost, and nothing
//! is doubled. `make crashes` runs the long versions.

mod full;
mod lives;
mod owner;
mod points;
mod strikes;
mod team;
