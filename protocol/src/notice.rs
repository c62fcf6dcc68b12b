//! Notices: what a person is told, unread or read. Items of the person's own channel, so they travel by the feed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ids::{AccountId, InspectionId, NoticeId, PlanId, RectificationId, UnitId},
    lifecycle::item::Item,
    rectification::{Colour, Rung},
    vocabulary::vocabulary,
};

vocabulary! {
    /// What a notice tells. An unknown one shows the item that it is about.
    NoticeKind {
        HandedOver = "handed_over",
        /// The item was taken away from the unit.
        TakenAway = "taken_away",
        Declined = "declined",
        ExtensionAsked = "extension_asked",
        ExtensionGranted = "extension_granted",
        ExtensionRefused = "extension_refused",
        Suspended = "suspended",
        Resumed = "resumed",
        Answered = "answered",
        /// To a verification group: verify this.
        ToVerify = "to_verify",
        Returned = "returned",
        Closed = "closed",
        Reopened = "reopened",
        Commented = "commented",
        /// 批示
        Instructed = "instructed",
        /// Before, on or past a deadline: see `colour`.
        Reminder = "reminder",
        /// A rung of the ladder: see `rung`.
        Escalated = "escalated",
        /// A drafted summons or admonition waits for approval.
        DraftWaits = "draft_waits",
        /// Somebody's command met a conflict: both are kept, look at them.
        Conflict = "conflict",
        /// A plan for you: to its team only.
        Plan = "plan",
        /// To the author of an inspection: a supervisor asks back.
        Asked = "asked",
        /// To who asked: the author has answered.
        AskedAnswered = "asked_answered",
    }
}

/// A notice as it stands in the person's channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    pub notice_id: NoticeId,
    pub account_id: AccountId,
    pub kind: NoticeKind,
    pub at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rectification_id: Option<RectificationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_id: Option<InspectionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<Colour>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rung: Option<Rung>,
    /// Absent: unread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<DateTime<Utc>>,
}

/// The body of `notice.read`: the person has read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadNotice {
    pub notice_id: NoticeId,
}

/// To whom something is told. The server finds the people; a person who caused it is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Everybody with a role over the unit.
    Unit(UnitId),
    /// Supervisors over the item's area.
    Supervisors,
    /// Leaders over the item's area.
    Leaders,
    /// The members of an acceptance group.
    Group(UnitId),
    One(AccountId),
}

/// Something to be told, before it is known to whom exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub to: Audience,
    pub kind: NoticeKind,
    pub colour: Option<Colour>,
    pub rung: Option<Rung>,
}

impl Told {
    pub fn new(to: Audience, kind: NoticeKind) -> Self {
        Told { to, kind, colour: None, rung: None }
    }

    /// The notice for one person. Its id follows from what it tells, of which revision, to whom: telling twice is
    /// a repeat.
    pub fn notice(&self, item: &Item, account_id: AccountId, at: DateTime<Utc>) -> Notice {
        let name = format!("notice:{}:{}:{account_id}", self.kind, item.rev);
        Notice {
            notice_id: NoticeId(Uuid::new_v5(&item.id().0, name.as_bytes())),
            account_id,
            kind: self.kind.clone(),
            at,
            rectification_id: Some(item.id()),
            plan_id: None,
            inspection_id: None,
            colour: self.colour.clone(),
            rung: self.rung.clone(),
            read_at: None,
        }
    }
}

impl Notice {
    /// About a question back to the author of an inspection: to the author, or, when answered, to who asked. `rev` is
    /// the inspection's revision then.
    pub fn of_question(
        kind: NoticeKind,
        inspection_id: InspectionId,
        rev: i32,
        account_id: AccountId,
        at: DateTime<Utc>,
    ) -> Self {
        let name = format!("notice:{kind}:{rev}:{account_id}");
        Notice {
            notice_id: NoticeId(Uuid::new_v5(&inspection_id.0, name.as_bytes())),
            account_id,
            kind,
            at,
            rectification_id: None,
            plan_id: None,
            inspection_id: Some(inspection_id),
            colour: None,
            rung: None,
            read_at: None,
        }
    }

    /// Tells the members of a plan's team. Nobody else gets one, so nobody else can count them.
    pub fn of_plan(plan_id: PlanId, account_id: AccountId, at: DateTime<Utc>) -> Self {
        Notice {
            notice_id: NoticeId(Uuid::new_v5(&plan_id.0, format!("notice:{account_id}").as_bytes())),
            account_id,
            kind: NoticeKind::Plan,
            at,
            rectification_id: None,
            plan_id: Some(plan_id),
            inspection_id: None,
            colour: None,
            rung: None,
            read_at: None,
        }
    }

    /// Reading twice is the same as once: the first time counts.
    pub fn read(&mut self, at: DateTime<Utc>) {
        self.read_at.get_or_insert(at);
    }
}
