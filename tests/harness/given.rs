//! The county that every test's database starts with: small, fictional, with somebody in each role; and a second
//! county, to which nothing of the first may leak.

use anfang::{
    auth::{
        Passwords,
        accounts::{self, NewAccount},
        grants,
        jurisdictions::{self, NewJurisdiction},
        standing::Standing,
    },
    clock::Clock,
    db::Conn,
    import::{self, What, command},
};
use anfang_protocol::{
    area::AreaLevel,
    ids::{AccountId, AreaId, JurisdictionId, SiteId, UnitId},
    people::{Role, Scope},
    words::Words,
};
use diesel_async::AsyncConnection;

/// Password of everybody.
pub const PASSWORD: &str = "correct horse 正确的马";
/// Content of `secret.key`: 64 hexadecimal digits.
pub const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Codes of the given counties; logins are the same in both.
pub const COUNTY: &str = "990100";
pub const OTHER_COUNTY: &str = "990200";

/// Names of things in a given county, by the codes in the files below.
#[derive(Debug, Clone, Copy)]
pub struct County(pub &'static str);

impl County {
    pub fn id(self) -> JurisdictionId {
        JurisdictionId::of(self.0)
    }

    /// `""` is the county itself; `"101"` its first township, `"101201"` that one's first village.
    pub fn area(self, code: &str) -> AreaId {
        AreaId(self.id().derive("area", &format!("{:0<12}", format!("{}{code}", self.0))))
    }

    pub fn site(self, code: &str) -> SiteId {
        SiteId(self.id().derive("site", code))
    }

    pub fn unit(self, code: &str) -> UnitId {
        UnitId(self.id().derive("unit", code))
    }
}

/// Townships, each with two villages.
const TOWNSHIPS: [(&str, &str); 3] = [("101", "青石镇"), ("102", "白水乡"), ("103", "红岩乡")];
/// Everybody's login, role and township (none: the whole county).
const PEOPLE: &[(&str, Role, Option<&str>)] = &[
    ("inspector1", Role::Inspector, Some("101")),
    ("inspector2", Role::Inspector, Some("102")),
    ("inspector", Role::Inspector, None),
    ("supervisor", Role::Supervisor, None),
    ("supervisor1", Role::Supervisor, Some("101")),
    ("verifier", Role::Verifier, None),
    ("leader", Role::Leader, None),
    ("resident", Role::ResidentTeam, Some("101")),
    ("auditor", Role::Auditor, None),
    ("admin", Role::Administrator, None),
];

/// Fills a migrated database.
pub async fn fill(url: &str) {
    let mut conn = Conn::establish(url).await.expect("connecting to the template");
    let hash = Passwords::default().hash(PASSWORD.to_owned()).await.expect("hashing");
    for code in [COUNTY, OTHER_COUNTY] {
        fill_county(&mut conn, County(code), &hash).await;
    }
}

async fn fill_county(conn: &mut Conn, county: County, hash: &str) {
    let clock = Clock::default();
    let new = NewJurisdiction {
        code: county.0.into(),
        name: Words::new("试验县", "Test County"),
        time_zone: "Asia/Shanghai".into(),
        root: Some(AreaLevel::County),
    };
    jurisdictions::set_up(conn, &clock, &new).await.expect("the jurisdiction");
    for (what, text) in
        [(What::Areas, areas(county)), (What::Units, units(county)), (What::Sites, sites(county))]
    {
        load(conn, county, what, import::read(what, "given.csv", text.as_bytes())).await;
    }
    load(conn, county, What::Checklists, command::shipped()).await;
    for (login, role, township) in PEOPLE {
        let scope = Scope::Area(county.area(township.unwrap_or("")));
        person(conn, county, login, hash, role.clone(), scope).await;
    }
    person(conn, county, "officer", hash, Role::UnitOfficer, Scope::Unit(county.unit("U101"))).await;
}

async fn load(conn: &mut Conn, county: County, what: What, source: import::Source) {
    let now = Clock::default().now();
    let report = command::import(conn, county.id(), now, what, source, false).await.expect("importing");
    assert!(report.ok(), "the given county imports: {report:?}");
}

/// An account with one grant.
pub async fn person(
    conn: &mut Conn,
    county: County,
    login: &str,
    hash: &str,
    role: Role,
    scope: Scope,
) -> AccountId {
    let clock = Clock::default();
    let new = NewAccount {
        login: login.into(),
        name: format!("试验 {login}"),
        password_hash: hash.into(),
        standing: Standing::Active,
        unit: None,
    };
    let account = accounts::create(conn, &clock, county.id(), &new).await.expect("an account");
    grants::give(conn, &clock, county.id(), None, account, role, scope).await.expect("a grant");
    account
}

fn areas(county: County) -> String {
    let c = county.0;
    let mut text = String::from("code,name_zh,name_en,level,parent_code,sector_zh\n");
    text.push_str(&format!("{c}000000,试验县,Test County,county,,\n"));
    for (i, (code, name)) in TOWNSHIPS.iter().enumerate() {
        let sector = if i == 0 { "东部战区" } else { "西部战区" };
        text.push_str(&format!("{c}{code}000,{name},Township {},township,{c}000000,{sector}\n", i + 1));
        for village in ["201", "202"] {
            text.push_str(&format!("{c}{code}{village},{name}{village}村,,village,{c}{code}000,\n"));
        }
    }
    text
}

fn units(county: County) -> String {
    let c = county.0;
    let mut text = String::from("code,name_zh,name_en,kind,area_code\n");
    for (code, name) in TOWNSHIPS {
        text.push_str(&format!("U{code},{name}人民政府,,township,{c}{code}000\n"));
    }
    text.push_str("zhujian,住建局,Housing Bureau,department,\n");
    text
}

/// Ten households in each village: `H<township><village>-<n>`.
fn sites(county: County) -> String {
    let c = county.0;
    let mut text =
        String::from("code,name_zh,kind,area_code,latitude,longitude,radius_m,head,members,state\n");
    for (t, (township, _)) in TOWNSHIPS.iter().enumerate() {
        for village in ["201", "202"] {
            for n in 0..10 {
                let (latitude, longitude) = (34.0 + t as f64 * 0.1, 104.0 + f64::from(n) * 0.001);
                text.push_str(&format!(
                    "H{township}{village}-{n},张家{n}户,household,{c}{township}{village},{latitude},{longitude},200,张{n},4,not_lifted\n"
                ));
            }
        }
    }
    text
}
