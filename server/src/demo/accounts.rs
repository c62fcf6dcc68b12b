//! Who signs in at the fictional county: people of every role, as data. Passwords are the runner's.

use anfang_protocol::{
    ids::{AreaId, JurisdictionId, UnitId},
    people::{Role, Scope},
    unit::UnitKind,
};

use super::names::{self, Dice};
use crate::{areas::store::AreaRow, units::store::UnitRow};

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub login: String,
    pub name: String,
    pub unit: Option<UnitId>,
    pub grants: Vec<(Role, Scope)>,
}

/// Departments whose checklists name them as in charge: code, 简体中文, English.
pub const DEPARTMENTS: [(&str, &str, &str); 15] = [
    ("headquarters", "县脱贫攻坚指挥部办公室", "Poverty Relief Headquarters Office"),
    ("poverty_relief", "县扶贫开发办公室", "Poverty Relief and Development Office"),
    ("housing", "县住房和城乡建设局", "Housing and Construction Bureau"),
    ("education", "县教育局", "Education Bureau"),
    ("health", "县卫生健康局", "Health Bureau"),
    ("medical_insurance", "县医疗保障局", "Medical Insurance Bureau"),
    ("water", "县水利局", "Water Bureau"),
    ("transport", "县交通运输局", "Transport Bureau"),
    ("civil_affairs", "县民政局", "Civil Affairs Bureau"),
    ("human_resources", "县人力资源和社会保障局", "Human Resources and Social Security Bureau"),
    ("broadcasting", "县文化旅游广电局", "Culture, Tourism and Broadcasting Bureau"),
    ("industry", "县工业和信息化局", "Industry and Information Bureau"),
    ("agriculture", "县农业农村局", "Agriculture and Rural Affairs Bureau"),
    ("finance", "县财政局", "Finance Bureau"),
    ("organization", "县委组织部", "Organization Department"),
];

/// Acceptance groups (验收组): code, 简体中文, English.
pub const ACCEPTANCE: [(&str, &str, &str); 4] = [
    ("acceptance-income", "增收验收组", "Acceptance Group: Income"),
    ("acceptance-policy", "政策落实验收组", "Acceptance Group: Policy"),
    ("acceptance-records", "资料验收组", "Acceptance Group: Records"),
    ("acceptance-appearance", "村容村貌验收组", "Acceptance Group: Village Appearance"),
];

/// Inspection teams; the first four have a sector of command each, the others the whole county.
pub const TEAMS: usize = 6;
/// First secretaries with an account.
const SECRETARIES: usize = 12;

/// The people, in a fixed order. `sectors` has the townships of each sector of command.
pub fn people(
    dice: &mut Dice,
    jurisdiction: JurisdictionId,
    county: AreaId,
    sectors: &[Vec<AreaRow>],
    units: &[UnitRow],
) -> Vec<Person> {
    let unit = |code: &str| Some(UnitId(jurisdiction.derive("unit", code)));
    let whole = |role: Role| vec![(role, Scope::Area(county))];
    let sector = |role: &Role, index: usize| -> Vec<(Role, Scope)> {
        sectors[index].iter().map(|area| (role.clone(), Scope::Area(AreaId(area.area_id)))).collect()
    };
    let mut hired = Vec::new();
    let mut hire = |login: String, unit: Option<UnitId>, grants: Vec<(Role, Scope)>| {
        hired.push(Person { login, name: names::person(dice).zh, unit, grants });
    };
    hire("admin".into(), unit("headquarters"), whole(Role::Administrator));
    hire("auditor".into(), None, whole(Role::Auditor));
    for n in 1..=3 {
        hire(format!("supervisor{n}"), unit("headquarters"), whole(Role::Supervisor));
    }
    for n in 1..=sectors.len() {
        hire(format!("leader{n}"), unit("headquarters"), sector(&Role::Leader, n - 1));
    }
    for team in 1..=TEAMS {
        for seat in ["a", "b"] {
            let grants = if team <= sectors.len() {
                sector(&Role::Inspector, team - 1)
            } else {
                whole(Role::Inspector)
            };
            hire(format!("inspector{team}{seat}"), unit(&format!("inspection-{team}")), grants);
        }
    }
    for (n, (code, ..)) in (1..).zip(ACCEPTANCE) {
        hire(format!("verifier{n}"), unit(code), whole(Role::Verifier));
    }
    for row in units.iter().filter(|row| row.code != "headquarters") {
        let officer = matches!(row.kind.as_str().into(), UnitKind::Department | UnitKind::Township);
        if officer {
            let id = UnitId(row.unit_id);
            hire(format!("officer-{}", row.code), Some(id), vec![(Role::UnitOfficer, Scope::Unit(id))]);
        }
    }
    let villages = units.iter().filter(|row| row.kind == UnitKind::Village.as_str());
    for (n, row) in (1..=SECRETARIES).zip(villages) {
        let id = UnitId(row.unit_id);
        hire(format!("secretary{n}"), Some(id), vec![(Role::ResidentTeam, Scope::Unit(id))]);
    }
    hired
}
