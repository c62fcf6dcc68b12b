//! Why a step is not taken.

use crate::{Code, Problem};

/// Why a step is not taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub problem: Problem,
    /// It lies in the state of the item: somebody who saw an older state could not know it.
    pub moved: bool,
}

impl Refusal {
    pub fn at(code: Code, place: &str) -> Self {
        Problem::new(code).at(place).into()
    }

    /// A refusal that lies in the state of the item.
    pub fn moved(code: Code) -> Self {
        Refusal { problem: code.into(), moved: true }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal { problem, moved: false }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}
