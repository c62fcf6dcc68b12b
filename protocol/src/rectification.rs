//! Rectifications (整改事项): what people, and the clock, can do to an item on the ledger.
//!
//! One body for each command. Each names exactly one item to be acted on: there is no bulk close. What may
//! follow what is told in [`crate::lifecycle`].

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    evidence::Evidence,
    finding::Severity,
    ids::{AccountId, AreaId, FindingId, InspectionId, RectificationId, RemarkId, SiteId, UnitId},
    place::Position,
    vocabulary::vocabulary,
};

vocabulary! {
    /// Where an item comes from. An unknown word shows as it came, and counts as an inspection.
    Source {
        /// 暗访发现
        Inspection = "inspection",
        /// 中央反馈
        Central = "central",
        /// 省级反馈
        Provincial = "provincial",
        /// 审计
        Audit = "audit",
        /// 媒体曝光
        Media = "media",
        /// 群众举报
        Citizens = "citizens",
    }
}

vocabulary! {
    /// How an answer was verified. Unknown: counts as by photo.
    Method {
        /// 现场验收
        OnSite = "on_site",
        /// 照片验收
        Photo = "photo",
    }
}

vocabulary! {
    /// The rungs of the escalation ladder, in their order. An unknown word is no rung.
    Rung {
        /// 催办
        Remind = "remind",
        /// 督办
        Supervise = "supervise",
        /// 约谈: a draft, until a person approves it
        Summon = "summon",
        /// 告诫: a draft, until a person approves it
        Admonish = "admonish",
    }
}

impl Rung {
    /// From the summons up, the clock only drafts.
    pub fn waits_for_a_person(&self) -> bool {
        !matches!(self, Rung::Remind | Rung::Supervise)
    }
}

vocabulary! {
    /// The colour of a reminder.
    Colour {
        /// Before the deadline.
        Blue = "blue",
        /// On its day.
        Yellow = "yellow",
        /// Past it.
        Red = "red",
        /// The receipt is late (签收超时).
        Receipt = "receipt",
        /// The review of a suspended item, or a look-back, is due.
        Review = "review",
    }
}

/// Somebody by name; with the account, where there is one, so that notices reach it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Named {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
}

/// A deadline as it is given: a day, or a number of working days from the day on which it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Due {
    On(NaiveDate),
    WorkingDays(u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Funds {
    #[serde(default)]
    pub planned_yuan: u64,
    #[serde(default)]
    pub in_place_yuan: u64,
    #[serde(default)]
    pub spent_yuan: u64,
}

/// A problem that no inspection of ours found: feedback from above, an audit, a report in the media, a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Noted {
    /// Made by the client.
    pub finding_id: FindingId,
    pub source: Source,
    /// The number of the document, the date of the broadcast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub severity: Severity,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<SiteId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Declares the bodies of commands. Every one names its item first.
macro_rules! bodies {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $type:ty,)* })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name {
            pub rectification_id: RectificationId,
            $($(#[$fmeta])* pub $field: $type,)*
        }
    )+};
}

bodies! {
    /// Puts findings on the ledger as one item (列入).
    List {
        area_id: AreaId,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: Vec<FindingId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        noted: Vec<Noted>,
        /// Absent: the worst of the findings'.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        severity: Option<Severity>,
        /// The problem as the list shall word it. Absent: the first finding's text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    }
    /// Takes over all findings of another item, which is cancelled as joined into this one (并案).
    Join {
        other_id: RectificationId,
        reason: String,
    }
    /// Parts some findings off into a new item (拆分).
    Split {
        /// Made by the client.
        new_id: RectificationId,
        findings: Vec<FindingId>,
        reason: String,
    }
    AddFinding {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: Vec<FindingId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        noted: Vec<Noted>,
    }
    SetSeverity {
        severity: Severity,
        reason: String,
    }
    /// 交办: to a unit and a named person, with requirement and deadline.
    HandOver {
        unit_id: UnitId,
        person: Named,
        /// 包抓领导
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leader: Option<Named>,
        /// 整改要求
        requirement: String,
        /// 工作标准
        #[serde(default, skip_serializing_if = "Option::is_none")]
        standard: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        funds: Option<Funds>,
        due: Due,
        /// Absent: as the jurisdiction's rules say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt_hours: Option<u16>,
    }
    /// 签收
    Acknowledge {}
    /// The plan of the work; with it the work begins (整改中).
    Plan {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        finish_on: Option<NaiveDate>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        funds: Option<Funds>,
    }
    /// 报验: what was done, with after-photos. Given again upon an answer that the sender has seen
    /// (`base_rev` is the present revision), it takes that one's place; both are kept.
    Answer {
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<Evidence>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        funds: Option<Funds>,
    }
    /// 退单: not this unit's.
    Decline {
        reason: String,
        /// Whose it is, in the unit's opinion.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        suggests: Option<UnitId>,
    }
    /// Hands it to another unit or person: the same requirement, unless a new one is given.
    Reassign {
        unit_id: UnitId,
        person: Named,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leader: Option<Named>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requirement: Option<String>,
        /// Absent: the deadline stays, if it lies ahead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Due>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt_hours: Option<u16>,
    }
    AskExtension {
        due: Due,
        reason: String,
    }
    GrantExtension {
        /// Absent: the day that was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Due>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    }
    RefuseExtension {
        reason: String,
    }
    /// 挂账: cannot be solved at this level.
    Suspend {
        reason: String,
        review_on: NaiveDate,
    }
    Resume {
        reason: String,
        /// Absent: the deadline moves by the working days of the suspension.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Due>,
    }
    /// Listed in error. It stays visible.
    Cancel {
        reason: String,
    }
    AssignVerifiers {
        /// The acceptance group (验收组).
        group: UnitId,
        /// Empty: anybody of the group.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accounts: Vec<AccountId>,
    }
    /// 验收通过
    Accept {
        method: Method,
        /// The visit, when on site.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inspection_id: Option<InspectionId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    }
    /// 退回: back to the unit, with the reasons; the round is counted.
    Return {
        reasons: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        method: Option<Method>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inspection_id: Option<InspectionId>,
        /// Absent: the deadline stays as it is, even when it has passed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Due>,
    }
    /// 销号: off the ledger. This item and no other.
    Close {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    }
    /// 反弹: a look-back failed.
    Reopen {
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inspection_id: Option<InspectionId>,
        /// What the look-back found; joins the item's findings.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: Vec<FindingId>,
    }
    /// 回头看: the item held.
    LookBackPassed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inspection_id: Option<InspectionId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    }
    Comment {
        /// Made by the client.
        remark_id: RemarkId,
        text: String,
        /// Not for the unit: it stays among those who oversee.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        internal: bool,
    }
    /// 批示
    Instruct {
        /// Made by the client.
        remark_id: RemarkId,
        text: String,
    }
    /// The sender has read these remarks.
    Read {
        remarks: Vec<RemarkId>,
    }
    /// By the clock: a reminder fell due.
    Remind {
        colour: Colour,
    }
    /// By the clock: a rung of the ladder fell due. From the summons up it makes a draft.
    Escalate {
        rung: Rung,
    }
    /// A person lets a drafted summons or admonition go out.
    ApproveStep {
        rung: Rung,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    }
    /// A person lets it drop, with the reason.
    DropStep {
        rung: Rung,
        reason: String,
    }
}

macro_rules! acts {
    ($($name:ident = $kind:literal,)+) => {
        /// A command about one item of the ledger.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Act { $($name($name),)+ }

        impl Act {
            /// Every type of command about an item, in the order of an item's life.
            pub const KINDS: &'static [&'static str] = &[$($kind,)+];

            pub fn kind(&self) -> &'static str {
                match self { $(Act::$name(_) => $kind,)+ }
            }

            /// The item acted on: one, always.
            pub fn rectification_id(&self) -> RectificationId {
                match self { $(Act::$name(body) => body.rectification_id,)+ }
            }

            /// Reads a body; `None` for a type that is not about items.
            pub fn read(kind: &str, body: &str) -> Option<Result<Self, serde_json::Error>> {
                match kind {
                    $($kind => Some(serde_json::from_str(body).map(Act::$name)),)+
                    _ => None,
                }
            }

            /// The schema of each body, by the type of its command, with those that it refers to.
            #[cfg(feature = "openapi")]
            pub fn schemas() -> Vec<crate::described::Described> {
                vec![$(crate::described::Described::of::<$name>($kind),)+]
            }

            /// The body as JSON.
            pub fn body(&self) -> serde_json::Value {
                let value = match self { $(Act::$name(body) => serde_json::to_value(body),)+ };
                value.unwrap_or_default()
            }
        }
    };
}

acts! {
    List = "rectification.list",
    Join = "rectification.join",
    Split = "rectification.split",
    AddFinding = "rectification.add_finding",
    SetSeverity = "rectification.set_severity",
    HandOver = "rectification.hand_over",
    Acknowledge = "rectification.acknowledge",
    Decline = "rectification.decline",
    Reassign = "rectification.reassign",
    Plan = "rectification.plan",
    AskExtension = "rectification.ask_extension",
    GrantExtension = "rectification.grant_extension",
    RefuseExtension = "rectification.refuse_extension",
    Suspend = "rectification.suspend",
    Resume = "rectification.resume",
    // Not `rectification.answer`: a frozen sample (refused/command_of_a_later_type) says for ever that version 1 does
    // not know that word.
    Answer = "rectification.report",
    AssignVerifiers = "rectification.assign_verifiers",
    Accept = "rectification.accept",
    Return = "rectification.return",
    Close = "rectification.close",
    LookBackPassed = "rectification.look_back_passed",
    Reopen = "rectification.reopen",
    Cancel = "rectification.cancel",
    Comment = "rectification.comment",
    Instruct = "rectification.instruct",
    Read = "rectification.read",
    Remind = "rectification.remind",
    Escalate = "rectification.escalate",
    ApproveStep = "rectification.approve_step",
    DropStep = "rectification.drop_step",
}

impl Act {
    /// Every item that the command touches or makes: the one acted on first.
    pub fn items(&self) -> Vec<RectificationId> {
        let one = self.rectification_id();
        match self {
            Act::Join(join) => vec![one, join.other_id],
            Act::Split(split) => vec![one, split.new_id],
            _ => vec![one],
        }
    }

    /// Findings whose facts are needed to decide.
    pub fn findings(&self) -> &[FindingId] {
        match self {
            Act::List(List { findings, .. })
            | Act::AddFinding(AddFinding { findings, .. })
            | Act::Reopen(Reopen { findings, .. }) => findings,
            _ => &[],
        }
    }

    /// Files that the command mentions, to be declared and uploaded like a report's.
    pub fn evidence(&self) -> Vec<&Evidence> {
        match self {
            Act::Answer(answer) => answer.evidence.iter().collect(),
            Act::List(List { noted, .. }) | Act::AddFinding(AddFinding { noted, .. }) => {
                noted.iter().flat_map(|noted| &noted.evidence).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Given by the clock, and by nobody else.
    pub fn is_the_clocks(&self) -> bool {
        matches!(self, Act::Remind(_) | Act::Escalate(_))
    }

    /// The id of a command that the clock gives: the same for the same thing falling due, so that giving it
    /// twice is a repeat. `what` is told by [`crate::lifecycle::Falls::name`].
    pub fn clock_id(item: RectificationId, what: &str) -> crate::ids::CommandId {
        crate::ids::CommandId(Uuid::new_v5(&item.0, format!("clock:{what}").as_bytes()))
    }
}
