//! Commands: all that a person, or the clock, can do.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

#[cfg(feature = "openapi")]
use crate::described::Described;
use crate::{
    clock::ClockReading,
    ids::CommandId,
    inspection::{Amend, Ask, Submit, Void},
    notice::ReadNotice,
    plan::{SealPlan, UnsealPlan, WithdrawPlan},
    problem::{Code, Problem},
    rectification::Act,
};

/// A command as it travels. It is stored and resent byte for byte: the same id with another content is refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Envelope {
    /// The device's own count of its commands; `ack_through` refers to it.
    pub n: u32,
    pub id: CommandId,
    /// For instance `inspection.submit`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The revision of the item that the person had before the eyes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_rev: Option<String>,
    /// The command on the same item that this one follows. Until that has its outcome, this one is `blocked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<CommandId>,
    /// When it was given, by the phone's clock.
    pub at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockReading>,
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub body: Box<RawValue>,
}

impl Envelope {
    /// The reading to judge times by: the full one, or the bare wall clock.
    pub fn reading(&self) -> ClockReading {
        self.clock.clone().unwrap_or_else(|| ClockReading::wall(self.at))
    }
}

/// A command in today's words.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    InspectionSubmit(Box<Submit>),
    InspectionAmend(Box<Amend>),
    InspectionVoid(Void),
    InspectionAsk(Ask),
    /// Everything about an item of the ledger.
    Rectification(Box<Act>),
    PlanSeal(Box<SealPlan>),
    PlanUnseal(UnsealPlan),
    PlanWithdraw(WithdrawPlan),
    NoticeRead(ReadNotice),
}

/// Types of commands that are not about an item of the ledger; [`Act::KINDS`] has those.
const OTHER_KINDS: &[&str] = &[
    "inspection.submit",
    "inspection.amend",
    "inspection.void",
    "inspection.ask",
    "plan.seal",
    "plan.unseal",
    "plan.withdraw",
    "notice.read",
];

/// Both lists as one.
const fn all_kinds<const N: usize>() -> [&'static str; N] {
    let mut kinds = [""; N];
    let mut at = 0;
    while at < N {
        kinds[at] = if at < OTHER_KINDS.len() { OTHER_KINDS[at] } else { Act::KINDS[at - OTHER_KINDS.len()] };
        at += 1;
    }
    kinds
}

impl Command {
    /// Every type of command, as `Envelope::kind` spells it.
    pub const KINDS: &'static [&'static str] = &all_kinds::<{ OTHER_KINDS.len() + Act::KINDS.len() }>();

    /// Reads the body by its type. A field it does not know is ignored, and stays in the stored command.
    ///
    /// # Errors
    /// `command_type_unknown`, or `command_invalid` with the place and the reason.
    pub fn read(kind: &str, body: &RawValue) -> Result<Self, Problem> {
        fn parse<'a, T: Deserialize<'a>>(body: &'a RawValue) -> Result<T, Problem> {
            serde_json::from_str(body.get())
                .map_err(|error| Problem::new(Code::CommandInvalid).detail(error.to_string()))
        }
        if let Some(act) = Act::read(kind, body.get()) {
            return act
                .map(|act| Command::Rectification(Box::new(act)))
                .map_err(|error| Problem::new(Code::CommandInvalid).detail(error.to_string()));
        }
        match kind {
            "inspection.submit" => parse(body).map(Command::InspectionSubmit),
            "inspection.amend" => parse(body).map(Command::InspectionAmend),
            "inspection.void" => parse(body).map(Command::InspectionVoid),
            "inspection.ask" => parse(body).map(Command::InspectionAsk),
            "plan.seal" => parse(body).map(Command::PlanSeal),
            "plan.unseal" => parse(body).map(Command::PlanUnseal),
            "plan.withdraw" => parse(body).map(Command::PlanWithdraw),
            "notice.read" => parse(body).map(Command::NoticeRead),
            other => Err(Problem::new(Code::CommandTypeUnknown).detail(format!(
                "this server does not know the command type {other:?}; it knows {}",
                Command::KINDS.join(", ")
            ))),
        }
    }

    /// The item that the command is about.
    pub fn item(&self) -> Uuid {
        match self {
            Command::InspectionSubmit(submit) => submit.inspection_id.0,
            Command::InspectionAmend(amend) => amend.inspection_id.0,
            Command::InspectionVoid(void) => void.inspection_id.0,
            Command::InspectionAsk(ask) => ask.inspection_id.0,
            Command::Rectification(act) => act.rectification_id().0,
            Command::PlanSeal(seal) => seal.plan_id.0,
            Command::PlanUnseal(unseal) => unseal.plan_id.0,
            Command::PlanWithdraw(withdraw) => withdraw.plan_id.0,
            Command::NoticeRead(read) => read.notice_id.0,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Command::InspectionSubmit(_) => "inspection.submit",
            Command::InspectionAmend(_) => "inspection.amend",
            Command::InspectionVoid(_) => "inspection.void",
            Command::InspectionAsk(_) => "inspection.ask",
            Command::Rectification(act) => act.kind(),
            Command::PlanSeal(_) => "plan.seal",
            Command::PlanUnseal(_) => "plan.unseal",
            Command::PlanWithdraw(_) => "plan.withdraw",
            Command::NoticeRead(_) => "notice.read",
        }
    }
}

#[cfg(feature = "openapi")]
impl Command {
    /// The bodies of all types, for the OpenAPI description.
    pub fn described() -> Vec<Described> {
        let others = [
            Described::of::<Submit>("inspection.submit"),
            Described::of::<Amend>("inspection.amend"),
            Described::of::<Void>("inspection.void"),
            Described::of::<Ask>("inspection.ask"),
            Described::of::<SealPlan>("plan.seal"),
            Described::of::<UnsealPlan>("plan.unseal"),
            Described::of::<WithdrawPlan>("plan.withdraw"),
            Described::of::<ReadNotice>("notice.read"),
        ];
        others.into_iter().chain(Act::schemas()).collect()
    }
}
