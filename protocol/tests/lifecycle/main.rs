//! The lifecycle, tested: a small county, its people, and ways to make them act.

mod agree;
mod conflicts;
mod dice;
mod due;
mod guards;
mod random;
mod samples;
mod snapshots;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, TimeZone, Utc};
use uuid::Uuid;

use anfang_protocol::lifecycle::{
    Refusal, Scene,
    authority::{Actor, Person},
    calendar::Calendar,
    conflict::{Decision, decide},
    facts::ItemFinding,
    item::Item,
    known::{FindingFacts, Visit},
    look_back::TrackRecord,
    rules::Rules,
    step::{Step, step},
};
use anfang_protocol::{
    Code,
    authority::Held,
    evidence::{Evidence, EvidenceSource, EvidenceStatus},
    finding::Severity,
    ids::{
        AccountId, AreaId, CommandId, EvidenceId, FindingId, GrantId, InspectionId, RectificationId, SiteId,
        UnitId,
    },
    people::{Grant, Role, Scope},
    rectification::*,
    sha::Sha,
};

/// Compares a document with what the code says today; `WRITE_DOCS=1` writes it instead.
pub fn snapshot(name: &str, today: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(&path, today).expect("docs can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, today, "docs/{name} is not what the code says: run with WRITE_DOCS=1, and look");
}

pub const COUNTY: AreaId = AreaId(Uuid::from_u128(1));
pub const TOWN: AreaId = AreaId(Uuid::from_u128(2));
pub const ELSEWHERE: AreaId = AreaId(Uuid::from_u128(3));
pub const UNIT_A: UnitId = UnitId(Uuid::from_u128(0xa));
pub const UNIT_B: UnitId = UnitId(Uuid::from_u128(0xb));
pub const TEAM: UnitId = UnitId(Uuid::from_u128(0x7));
/// The site that all findings are about; a visit of it today, one from before all orders, and one of another site.
pub const SITE: SiteId = SiteId(Uuid::from_u128(0x51));
pub const VISIT: InspectionId = InspectionId(Uuid::from_u128(5));
pub const OLD_VISIT: InspectionId = InspectionId(Uuid::from_u128(6));
/// More than a day before whatever is done.
pub const EARLIER_VISIT: InspectionId = InspectionId(Uuid::from_u128(8));
pub const VISIT_ELSEWHERE: InspectionId = InspectionId(Uuid::from_u128(7));
pub const UNITS: [UnitId; 2] = [UNIT_A, UNIT_B];

/// The people of the county.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Supervisor,
    /// Of unit A.
    Ann,
    /// Of unit A, too.
    Amy,
    /// Of unit B.
    Bob,
    /// Of the acceptance group.
    Vic,
    /// A verifier who is of unit A.
    Vera,
    Leader,
    Inspector,
    Auditor,
    /// A supervisor of another township.
    Stranger,
}

pub const EVERYBODY: [Who; 10] = [
    Who::Supervisor,
    Who::Ann,
    Who::Amy,
    Who::Bob,
    Who::Vic,
    Who::Vera,
    Who::Leader,
    Who::Inspector,
    Who::Auditor,
    Who::Stranger,
];

impl Who {
    pub fn account(self) -> AccountId {
        AccountId(Uuid::from_u128(0x100 + self as u128))
    }

    /// The units that the person is of, told apart from the code under test.
    pub fn units(self) -> &'static [UnitId] {
        match self {
            Who::Ann | Who::Amy | Who::Vera => &[UNIT_A],
            Who::Bob => &[UNIT_B],
            Who::Vic => &[TEAM],
            _ => &[],
        }
    }

    pub fn actor(self) -> Actor {
        Actor::Person(self.person())
    }

    pub fn person(self) -> Person {
        let (role, scope, unit) = match self {
            Who::Supervisor => (Role::Supervisor, Scope::Area(COUNTY), None),
            Who::Ann => (Role::UnitOfficer, Scope::Unit(UNIT_A), Some(UNIT_A)),
            Who::Amy => (Role::ResidentTeam, Scope::Unit(UNIT_A), None),
            Who::Bob => (Role::UnitOfficer, Scope::Unit(UNIT_B), Some(UNIT_B)),
            Who::Vic => (Role::Verifier, Scope::Area(COUNTY), Some(TEAM)),
            Who::Vera => (Role::Verifier, Scope::Area(COUNTY), Some(UNIT_A)),
            Who::Leader => (Role::Leader, Scope::Area(TOWN), None),
            Who::Inspector => (Role::Inspector, Scope::Area(COUNTY), None),
            Who::Auditor => (Role::Auditor, Scope::Area(COUNTY), None),
            Who::Stranger => (Role::Supervisor, Scope::Area(ELSEWHERE), None),
        };
        let area = match scope {
            Scope::Area(area) => Some(area),
            _ => Some(TOWN),
        };
        let account_id = self.account();
        let grant = Grant {
            grant_id: GrantId(Uuid::from_u128(self as u128)),
            account_id,
            role,
            scope,
            granted_at: DateTime::UNIX_EPOCH,
            revoked_at: None,
        };
        Person { account: account_id, unit, grants: vec![Held { grant, area }] }
    }
}

/// A photo whose bytes are all `n`; odd ones have arrived whole.
pub fn photo(n: u32) -> Evidence {
    Evidence {
        evidence_id: EvidenceId(Uuid::from_u128(0xe000_0000 + u128::from(n))),
        sha256: sha(n),
        size: 1000,
        media_type: "image/jpeg".into(),
        source: EvidenceSource::Camera,
        taken_at: None,
        position: None,
        caption: None,
    }
}

pub fn sha(n: u32) -> Sha {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    Sha(bytes)
}

pub fn finding(n: u32) -> FindingId {
    FindingId(Uuid::from_u128(0xf000 + u128::from(n)))
}

pub fn item_id(n: u32) -> RectificationId {
    RectificationId(Uuid::from_u128(0x5000 + u128::from(n)))
}

pub fn named(name: &str) -> Named {
    Named { name: name.into(), account_id: None }
}

/// The county: a time, the ledger, the findings of inspections.
pub struct County {
    pub now: DateTime<Utc>,
    pub calendar: Calendar,
    pub rules: Rules,
    pub items: BTreeMap<RectificationId, Item>,
    pub findings: BTreeMap<FindingId, FindingFacts>,
    commands: u128,
}

impl County {
    pub fn empty() -> Self {
        let facts = |n: u32| {
            let finding = ItemFinding {
                finding_id: finding(n),
                source: Source::Inspection,
                reference: None,
                severity: [Severity::General, Severity::Serious, Severity::Grave][n as usize % 3].clone(),
                text: format!("第{n}号问题"),
                site_id: Some(SITE),
                checklist_id: None,
                item: None,
                evidence: Vec::new(),
            };
            let inspection_id = Some(InspectionId(Uuid::from_u128(u128::from(n))));
            let facts =
                FindingFacts { finding, area_id: TOWN, inspection_id, listed_in: None, voided: n == 99 };
            (facts.finding.finding_id, facts)
        };
        County {
            // Monday, 10 in the morning there.
            now: Utc.with_ymd_and_hms(2026, 3, 2, 2, 0, 0).unwrap(),
            calendar: Calendar::china(),
            rules: Rules::shipped(),
            items: BTreeMap::new(),
            findings: (0..100).map(facts).collect(),
            commands: 0,
        }
    }

    pub fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    pub fn days(&mut self, days: i64) {
        self.pass(Duration::days(days));
    }

    pub fn item(&self) -> &Item {
        &self.items[&item_id(0)]
    }

    fn listed_in(&self, id: FindingId) -> Option<RectificationId> {
        let holds = |item: &&Item| {
            !matches!(item.case.stage, anfang_protocol::lifecycle::Stage::Cancelled { .. })
                && item.case.findings.iter().any(|finding| finding.finding_id == id)
        };
        self.items.values().find(holds).map(Item::id)
    }

    fn visit(&self, id: InspectionId) -> Option<Visit> {
        match id {
            VISIT => Some(Visit { site_id: SITE, made: self.now }),
            EARLIER_VISIT => {
                Some(Visit { site_id: SITE, made: self.now - Duration::days(1) - Duration::seconds(1) })
            }
            OLD_VISIT => Some(Visit { site_id: SITE, made: DateTime::UNIX_EPOCH }),
            VISIT_ELSEWHERE => Some(Visit { site_id: SiteId(Uuid::from_u128(0x52)), made: self.now }),
            _ => None,
        }
    }

    pub fn with_scene<T>(&self, act: &Act, base: Option<u32>, see: impl FnOnce(&Scene<'_>) -> T) -> T {
        let mut findings = BTreeMap::new();
        for id in act.findings() {
            if let Some(facts) = self.findings.get(id) {
                findings.insert(*id, FindingFacts { listed_in: self.listed_in(*id), ..facts.clone() });
            }
        }
        let areas = [TOWN, COUNTY];
        let other = act.items().get(1).and_then(|id| self.items.get(id)).map(|item| (item, &areas[..]));
        let held = |sha: &Sha| {
            if sha.0[3] % 2 == 1 { EvidenceStatus::Stored } else { EvidenceStatus::Missing }
        };
        see(&Scene {
            now: self.now,
            base_rev: base,
            calendar: &self.calendar,
            rules: &self.rules,
            areas: &areas,
            findings: &findings,
            other,
            record: TrackRecord::default(),
            held: &held,
            is_unit: &|unit| UNITS.contains(&unit),
            is_group: &|group| UNITS.contains(&group) || group == TEAM,
            is_account: &|account| EVERYBODY.iter().any(|who| who.account() == account),
            visit: &|id| self.visit(id),
        })
    }

    /// What the step would be; nothing is changed.
    pub fn ask(&self, who: &Actor, act: &Act) -> Result<Step, Refusal> {
        let item = self.items.get(&act.rectification_id());
        self.with_scene(act, item.map(|item| item.rev), |scene| step(item, act, who, scene))
    }

    /// Gives a command upon this revision, and keeps what comes of it.
    pub fn give(&mut self, who: &Actor, act: &Act, base: Option<u32>) -> Decision {
        self.commands += 1;
        let id = CommandId(Uuid::from_u128(self.commands));
        let item = self.items.get(&act.rectification_id());
        let decision = self.with_scene(act, base, |scene| decide(item, act, who, id, scene));
        match &decision {
            Decision::Applied(step) => {
                for item in step.others.iter().chain([&step.item]) {
                    self.items.insert(item.id(), item.clone());
                }
            }
            Decision::Conflict(conflict) => {
                self.items.insert(conflict.item.id(), conflict.item.clone());
            }
            Decision::Rejected(_) => {}
        }
        decision
    }

    /// Somebody does something, seeing the present state. It is done.
    pub fn does(&mut self, who: Who, act: Act) -> &Item {
        let base = self.items.get(&act.rectification_id()).map(|item| item.rev);
        match self.give(&who.actor(), &act, base) {
            Decision::Applied(_) => &self.items[&act.rectification_id()],
            other => panic!("{who:?} {}: {other:?}", act.kind()),
        }
    }

    /// Somebody tries, seeing the present state, and is refused.
    pub fn refuses(&mut self, who: Who, act: Act) -> Code {
        let base = self.items.get(&act.rectification_id()).map(|item| item.rev);
        match self.give(&who.actor(), &act, base) {
            Decision::Rejected(problem) => problem.code().expect("a known code"),
            other => panic!("{who:?} {} was not refused: {other:?}", act.kind()),
        }
    }

    /// The clock does all that is due.
    pub fn sweep(&mut self) -> Vec<String> {
        let mut done = Vec::new();
        for id in self.items.keys().copied().collect::<Vec<_>>() {
            loop {
                let item = &self.items[&id];
                let due = anfang_protocol::lifecycle::falls(item, self.now, &self.calendar, &self.rules);
                let Some(first) = due.first() else { break };
                let (_, act) = first.command(item);
                let name = first.name(0);
                match self.give(&Actor::Clock, &act, None) {
                    Decision::Applied(_) => done.push(name),
                    other => panic!("the clock's {name}: {other:?}"),
                }
            }
        }
        done
    }
}

// Commands in short, on item 0.

pub fn list(findings: &[u32]) -> Act {
    Act::List(List {
        rectification_id: item_id(0),
        area_id: TOWN,
        findings: findings.iter().map(|n| finding(*n)).collect(),
        noted: Vec::new(),
        severity: None,
        text: None,
    })
}

pub fn hand_over(unit_id: UnitId, due: Due) -> Act {
    Act::HandOver(HandOver {
        rectification_id: item_id(0),
        unit_id,
        person: named("王某"),
        leader: None,
        requirement: "整改到位".into(),
        standard: None,
        funds: None,
        due,
        receipt_hours: None,
    })
}

pub fn acknowledge() -> Act {
    Act::Acknowledge(Acknowledge { rectification_id: item_id(0) })
}

pub fn answer(photos: &[u32]) -> Act {
    Act::Answer(Answer {
        rectification_id: item_id(0),
        text: format!("已整改 {photos:?}"),
        evidence: photos.iter().map(|n| photo(*n)).collect(),
        funds: None,
    })
}

pub fn accept() -> Act {
    Act::Accept(Accept {
        rectification_id: item_id(0),
        method: Method::Photo,
        inspection_id: None,
        text: None,
    })
}

pub fn send_back() -> Act {
    Act::Return(Return {
        rectification_id: item_id(0),
        reasons: "不合格".into(),
        method: None,
        inspection_id: None,
        due: None,
    })
}

pub fn close() -> Act {
    Act::Close(Close { rectification_id: item_id(0), text: None })
}

pub fn ask_extension(days: u16) -> Act {
    Act::AskExtension(AskExtension {
        rectification_id: item_id(0),
        due: Due::WorkingDays(days),
        reason: "雨季".into(),
    })
}

/// A county with item 0 handed over to unit A, ten working days ahead.
pub fn handed_over() -> County {
    let mut county = County::empty();
    county.does(Who::Supervisor, list(&[1, 2]));
    county.does(Who::Supervisor, hand_over(UNIT_A, Due::WorkingDays(10)));
    county
}

/// … and signed for.
pub fn working() -> County {
    let mut county = handed_over();
    county.does(Who::Ann, acknowledge());
    county
}

/// … and answered, with a photo that has arrived whole.
pub fn answered() -> County {
    let mut county = working();
    county.does(Who::Ann, answer(&[1]));
    county
}

/// … and accepted and closed.
pub fn closed() -> County {
    let mut county = answered();
    county.does(Who::Vic, accept());
    county.does(Who::Vic, close());
    county
}
