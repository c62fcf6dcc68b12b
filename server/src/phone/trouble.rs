//! What a phone cannot do, and why.

use anfang_protocol::Problem;

/// What a phone cannot do, and why.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("nobody is signed in on this phone{}", .0.as_ref().map(|p| format!(": {p}")).unwrap_or_default())]
    SignedOut(Option<Box<Problem>>),
    #[error("refused: {0}")]
    Refused(Box<Problem>),
    #[error("another process is at work in this folder")]
    Busy,
    #[error("the server cannot be reached")]
    Unreachable,
    #[error("{0:#}")]
    Broken(#[from] anyhow::Error),
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Trouble::Refused(Box::new(problem))
    }
}

pub type Result<T, E = Trouble> = std::result::Result<T, E>;
