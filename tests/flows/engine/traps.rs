//! Faults that made real systems and other models lose data (protocol-design §3), each built in on purpose: the
//! simulation must notice every one of them.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// Changes are ordered by the item's own number, not by the grant's if that came later.
    OwnNumber,
    /// A new grant does not begin with a drop.
    NoDropOnGrant,
    /// An exit is not told while the item is visible in another channel.
    ExitHidden,
    /// Within one number: puts, exits, drops.
    PutsFirst,
    /// An item that leaves a channel leaves no row behind.
    NoExitRow,
    /// The next page begins behind the number of the last one's last change.
    EdgeOfNumber,
    /// The last page ends at its last change, not at the head.
    NotTheHead,
    /// A restored database goes on in the same epoch.
    SameEpoch,
    /// Tombstones are swept, and nobody is told to compare.
    NoFloor,
    /// Numbers are taken before the commit: a reader may pass one that appears later.
    NumberBeforeCommit,
    /// A phone is told that its own writes are in the page before they are.
    ArrivedEarly,
    /// A page that was cut says that it was the last, and the phone shows half of what changed.
    MoreNotTold,
    /// The phone does not compare what it has with what it is told.
    NotCompared,
    /// After a restore only revisions are compared, and one of them means something else now.
    RevisionTwice,
}

impl Trap {
    pub const ALL: [Trap; 14] = [
        Trap::OwnNumber,
        Trap::NoDropOnGrant,
        Trap::ExitHidden,
        Trap::PutsFirst,
        Trap::NoExitRow,
        Trap::EdgeOfNumber,
        Trap::NotTheHead,
        Trap::SameEpoch,
        Trap::NoFloor,
        Trap::NumberBeforeCommit,
        Trap::ArrivedEarly,
        Trap::MoreNotTold,
        Trap::NotCompared,
        Trap::RevisionTwice,
    ];
}
