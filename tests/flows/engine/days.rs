//! What may happen on a day: actions of people, fates of requests, doings of others.

use proptest::prelude::*;

use super::{PHONES, model::Verdict};

#[derive(Debug, Clone)]
pub enum Action {
    Give { phone: usize, item: u8, verdict: Verdict, files: u8 },
    Turn { phone: usize, fate: Fate, part: u8 },
    Others(Other),
    Compact(usize),
    Discard { phone: usize, again: bool },
    LateArrives,
}

#[derive(Debug, Clone, Copy)]
pub enum Fate {
    Good,
    RequestLost,
    AnswerLost,
    /// The network delivers the request twice.
    Twice,
    /// The page is read from a snapshot taken a moment too early.
    Stale,
    /// The request hangs in the network and arrives long after.
    Late,
    DiesBefore,
    DiesWhileAsking,
    DiesWithTheAnswer,
    /// The records are in the journal, and nothing more happened.
    DiesAfterKeeping,
    Busy,
    TokenExpired,
}

#[derive(Debug, Clone, Copy)]
pub enum Other {
    Touch(u8, u8),
    Remove(u8),
    Grant(usize, u8),
    Revoke(usize, u8),
    BackUp,
    Restore,
    UploadsExpire,
    Sweep,
}

pub fn action() -> impl Strategy<Value = Action> {
    let phone = 0..PHONES;
    let verdict = prop_oneof![
        6 => Just(Verdict::Fine),
        1 => Just(Verdict::Refused),
        1 => Just(Verdict::Conflict),
        1 => Just(Verdict::Later),
    ];
    let fate = prop_oneof![
        10 => Just(Fate::Good),
        1 => Just(Fate::RequestLost),
        2 => Just(Fate::AnswerLost),
        1 => Just(Fate::Twice),
        1 => Just(Fate::Stale),
        1 => Just(Fate::Late),
        1 => Just(Fate::DiesBefore),
        1 => Just(Fate::DiesWhileAsking),
        2 => Just(Fate::DiesWithTheAnswer),
        1 => Just(Fate::DiesAfterKeeping),
        1 => Just(Fate::Busy),
        1 => Just(Fate::TokenExpired),
    ];
    let other = prop_oneof![
        6 => (0u8..6, 0u8..8).prop_map(|(item, set)| Other::Touch(item, set)),
        1 => (0u8..6).prop_map(Other::Remove),
        2 => (0..PHONES, 0u8..3).prop_map(|(who, n)| Other::Grant(who, n)),
        2 => (0..PHONES, 0u8..3).prop_map(|(who, n)| Other::Revoke(who, n)),
        1 => Just(Other::BackUp),
        1 => Just(Other::Restore),
        1 => Just(Other::UploadsExpire),
        1 => Just(Other::Sweep),
    ];
    prop_oneof![
        5 => (phone.clone(), 0u8..4, verdict, 0u8..3)
            .prop_map(|(phone, item, verdict, files)| Action::Give { phone, item, verdict, files }),
        20 => (phone.clone(), fate, any::<u8>()).prop_map(|(phone, fate, part)| Action::Turn { phone, fate, part }),
        6 => other.prop_map(Action::Others),
        1 => phone.clone().prop_map(Action::Compact),
        1 => (phone, any::<bool>()).prop_map(|(phone, again)| Action::Discard { phone, again }),
        1 => Just(Action::LateArrives),
    ]
}
