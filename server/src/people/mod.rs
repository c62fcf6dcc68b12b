//! People by name: whom a supervisor can hand something over to, put in a team, or ask.
//!
//! Promises: who oversees areas reads the names and roles of those who serve there; everybody else reads only his or her
//! own. Never: tells a login, or that somebody has part in a plan.

mod page;
pub mod routes;
mod store;
