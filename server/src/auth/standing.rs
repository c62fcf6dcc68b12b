//! Whether an account may do anything.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Made, but not yet confirmed: may do nothing.
    Invited,
    Active,
    Disabled,
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Invited => "invited",
            Standing::Active => "active",
            Standing::Disabled => "disabled",
        }
    }
}
