//! An item on the ledger: its stage with the facts of that stage, and the history that nothing erases.
//!
//! Two halves, because two kinds of people read it. [`Rectification`] is what the responsible unit may see: no raw
//! notes, no private answers, no drafts, no date of a look-back that comes unannounced. [`Desk`] has the rest, for
//! those who oversee. Secrecy holds by construction: what the unit must not see is in the other half.

use serde::{Deserialize, Serialize};

use super::{
    facts::{
        Acceptance, Answered, Assignment, By, Cancellation, Closing, ItemFinding, LookBack, Order, Pause,
        Refused, Relapse, SentBack, Task, Work,
    },
    history::{Draft, DraftOutcome, Extension, Kept, Mark, ReceiptRun, Remark, Reminded, Taken},
};
use crate::{
    evidence::HeldEvidence,
    finding::Severity,
    ids::{AreaId, InspectionId, RectificationId, SiteId, UnitId},
    rectification::Source,
    vocabulary::vocabulary,
};

vocabulary! {
    /// The name of a stage. An unknown one shows as it came, and allows nothing.
    StageName {
        /// 列入
        Listed = "listed",
        /// 交办
        HandedOver = "handed_over",
        /// 签收
        Acknowledged = "acknowledged",
        /// 整改中
        InProgress = "in_progress",
        /// 报验
        Answered = "answered",
        /// 退回
        Returned = "returned",
        /// 销号
        Closed = "closed",
        /// 退单
        Declined = "declined",
        /// 挂账
        Suspended = "suspended",
        /// 反弹
        Reopened = "reopened",
        /// 撤销
        Cancelled = "cancelled",
    }
}

/// Where an item is in its life, with the facts that only that stage has. Overdue is no stage: it is computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Stage {
    Listed,
    HandedOver {
        order: Order,
    },
    Acknowledged {
        task: Task,
    },
    InProgress {
        task: Task,
        work: Work,
    },
    /// The answer that counts is the last of [`Rectification::answers`].
    Answered {
        task: Task,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acceptance: Option<Acceptance>,
    },
    Returned {
        task: Task,
        back: SentBack,
    },
    Closed {
        task: Task,
        closing: Closing,
    },
    Declined {
        order: Order,
        refusal: Refused,
    },
    /// `from` is the stage that it goes back to.
    Suspended {
        pause: Pause,
        #[cfg_attr(feature = "openapi", schema(value_type = Object))]
        from: Box<Stage>,
    },
    /// The old task, for its unit still answers for the item until it is handed over again.
    Reopened {
        task: Task,
        relapse: Relapse,
    },
    Cancelled {
        cancellation: Cancellation,
    },
}

impl Stage {
    pub fn name(&self) -> StageName {
        match self {
            Stage::Listed => StageName::Listed,
            Stage::HandedOver { .. } => StageName::HandedOver,
            Stage::Acknowledged { .. } => StageName::Acknowledged,
            Stage::InProgress { .. } => StageName::InProgress,
            Stage::Answered { .. } => StageName::Answered,
            Stage::Returned { .. } => StageName::Returned,
            Stage::Closed { .. } => StageName::Closed,
            Stage::Declined { .. } => StageName::Declined,
            Stage::Suspended { .. } => StageName::Suspended,
            Stage::Reopened { .. } => StageName::Reopened,
            Stage::Cancelled { .. } => StageName::Cancelled,
        }
    }

    /// The order that was last in force; a declined one, too.
    pub fn order(&self) -> Option<&Order> {
        match self {
            Stage::HandedOver { order } | Stage::Declined { order, .. } => Some(order),
            Stage::Suspended { from, .. } => from.order(),
            _ => self.task().map(|task| &task.order),
        }
    }

    pub fn task(&self) -> Option<&Task> {
        match self {
            Stage::Acknowledged { task }
            | Stage::InProgress { task, .. }
            | Stage::Answered { task, .. }
            | Stage::Returned { task, .. }
            | Stage::Closed { task, .. }
            | Stage::Reopened { task, .. } => Some(task),
            Stage::Suspended { from, .. } => from.task(),
            _ => None,
        }
    }

    pub(super) fn order_mut(&mut self) -> Option<&mut Order> {
        match self {
            Stage::Listed | Stage::Cancelled { .. } => None,
            Stage::HandedOver { order } | Stage::Declined { order, .. } => Some(order),
            Stage::Suspended { from, .. } => from.order_mut(),
            Stage::Acknowledged { task }
            | Stage::InProgress { task, .. }
            | Stage::Answered { task, .. }
            | Stage::Returned { task, .. }
            | Stage::Closed { task, .. }
            | Stage::Reopened { task, .. } => Some(&mut task.order),
        }
    }

    /// The unit in whose balance the item stands: it has to do something, or waits for its verification.
    pub fn holder(&self) -> Option<UnitId> {
        match self {
            Stage::Listed | Stage::Declined { .. } | Stage::Closed { .. } | Stage::Cancelled { .. } => None,
            _ => self.order().map(|order| order.unit_id),
        }
    }

    /// Whether the fix clock runs: the unit has the item, and has to act.
    pub fn runs(&self) -> bool {
        matches!(
            self,
            Stage::HandedOver { .. }
                | Stage::Acknowledged { .. }
                | Stage::InProgress { .. }
                | Stage::Returned { .. }
        )
    }

    pub fn is_over(&self) -> bool {
        matches!(self, Stage::Closed { .. } | Stage::Cancelled { .. })
    }
}

/// An item of the ledger as everybody concerned may see it, the responsible unit included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rectification {
    pub rectification_id: RectificationId,
    pub area_id: AreaId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<SiteId>,
    pub source: Source,
    pub severity: Severity,
    pub text: String,
    pub findings: Vec<ItemFinding>,
    pub listed: By,
    pub stage: Stage,
    /// The units that it was handed to, one for each order; the last is in force, unless it was declined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<UnitId>,
    /// Answers sent back so far.
    #[serde(default)]
    pub rounds: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub track: Vec<Mark>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<ReceiptRun>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answered>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent_back: Vec<SentBack>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminded: Vec<Reminded>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ladder: Vec<Taken>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relapses: Vec<Relapse>,
    /// Work of two people at once: nothing of it is lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
}

/// The half of an item that only those who oversee may see.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Desk {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<Assignment>,
    /// When somebody comes back, unannounced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_back: Option<LookBack>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<Draft>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
    /// The inspections that the findings come from, voided ones included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inspections: Vec<InspectionId>,
    /// Reminders of reviews and look-backs: they would give the date away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminded: Vec<Reminded>,
    /// Commands of those who oversee that met a conflict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
}

/// An item with both halves, as the server keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// 1, 2, 3 …: one step per command.
    pub rev: u32,
    pub case: Rectification,
    pub desk: Desk,
}

impl Item {
    pub fn id(&self) -> RectificationId {
        self.case.rectification_id
    }

    pub fn stage(&self) -> StageName {
        self.case.stage.name()
    }

    pub fn unit(&self) -> Option<UnitId> {
        self.case.stage.order().map(|order| order.unit_id)
    }

    /// The answer that is to be verified, or was.
    pub fn answer(&self) -> Option<&Answered> {
        self.case.answers.last()
    }

    /// Whether a drafted summons or admonition waits for a person.
    pub fn draft_waits(&self) -> bool {
        self.desk.drafts.iter().any(|draft| draft.outcome == DraftOutcome::Waiting)
    }

    /// Every mention of a file in the item: for the loader to put in what the server holds.
    pub fn evidence_mut(&mut self) -> impl Iterator<Item = &mut HeldEvidence> {
        let findings = self.case.findings.iter_mut().flat_map(|finding| &mut finding.evidence);
        findings.chain(self.case.answers.iter_mut().flat_map(|answer| &mut answer.evidence))
    }
}
