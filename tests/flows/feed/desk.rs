//! What goes on at the desk meanwhile: grants are given, taken and given again; sites and villages move; the database
//! begins another life. Remembers when each channel was open to whom.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use anfang::{
    auth::{grants, jurisdictions},
    clock::Clock,
    db::Conn,
    import::{self, What, command},
};
use anfang_protocol::{
    feed::Channel,
    ids::{AccountId, GrantId},
    people::{Role, Scope},
};
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{COUNTY, Dice, phone::Phone};
use crate::harness::{given, postgres::Database, reports::site};

/// From the moment before it was given to the moment after it was taken.
type Span = (Instant, Option<Instant>);

pub struct Desk {
    conn: Conn,
    clock: Clock,
    people: Vec<(&'static str, AccountId)>,
    open: BTreeMap<(AccountId, Channel), Vec<Span>>,
    pub acts: usize,
}

impl Desk {
    pub async fn open(database: &Database, people: &[(&'static str, AccountId)]) -> Self {
        let conn = database.conn().await;
        let mut desk =
            Desk { conn, clock: Clock::default(), people: people.to_vec(), open: BTreeMap::new(), acts: 0 };
        desk.note(Instant::now()).await;
        desk
    }

    pub async fn act(&mut self, mut dice: Dice) {
        for _ in 0..dice.below(3) {
            let before = Instant::now();
            match dice.below(20) {
                0..8 => self.take_or_give(&mut dice).await,
                8..11 => self.give_something(&mut dice).await,
                11..17 => self.move_sites(&mut dice).await,
                17..19 => self.move_a_village(&mut dice).await,
                _ => jurisdictions::new_epoch(&mut self.conn, &self.clock, COUNTY.id())
                    .await
                    .expect("a new epoch"),
            }
            self.acts += 1;
            self.note(before).await;
        }
    }

    /// Takes one of somebody's grants away, and gives it back at once as often as not.
    async fn take_or_give(&mut self, dice: &mut Dice) {
        let (_, account) = *dice.pick(&self.people);
        let held = grants::live_grants(&mut self.conn, COUNTY.id(), &[account]).await.expect("grants");
        let Some(held) = held.get(&account) else { return self.give_something(dice).await };
        let grant = dice.pick(held).grant.clone();
        let before = Instant::now();
        grants::revoke(&mut self.conn, &self.clock, COUNTY.id(), None, grant.grant_id)
            .await
            .expect("revoking");
        self.note(before).await;
        if dice.percent(50) {
            tokio::time::sleep(std::time::Duration::from_millis(dice.below(20) as u64)).await;
            self.give(account, grant.role, grant.scope).await;
        }
    }

    async fn give_something(&mut self, dice: &mut Dice) {
        let (_, account) = *dice.pick(&self.people);
        let role = dice.pick(&[Role::Inspector, Role::Supervisor, Role::Leader, Role::UnitOfficer]).clone();
        let scope = match role {
            Role::UnitOfficer => Scope::Unit(COUNTY.unit(*dice.pick(&["U101", "U102"]))),
            _ => Scope::Area(COUNTY.area(*dice.pick(&["101", "102", "103", ""]))),
        };
        self.give(account, role, scope).await;
    }

    async fn give(&mut self, account: AccountId, role: Role, scope: Scope) -> GrantId {
        grants::give(&mut self.conn, &self.clock, COUNTY.id(), None, account, role, scope)
            .await
            .expect("giving")
    }

    async fn move_sites(&mut self, dice: &mut Dice) {
        let mut text = String::from("code,area_code\n");
        let codes: BTreeSet<String> = (0..=dice.below(6))
            .map(|_| {
                site(*dice.pick(&["101", "102", "103"]), *dice.pick(&["201", "202"]), dice.below(10) as u32)
            })
            .collect();
        for code in codes {
            let (township, village) = (dice.pick(&["101", "102", "103"]), dice.pick(&["201", "202"]));
            text.push_str(&format!("{code},{}{township}{village}\n", given::COUNTY));
        }
        self.import(What::Sites, &text).await;
    }

    async fn move_a_village(&mut self, dice: &mut Dice) {
        let (village, to) = (dice.pick(&["101202", "102202", "103202"]), dice.pick(&["101", "102", "103"]));
        self.import(What::Areas, &format!("code,parent_code\n{c}{village},{c}{to}000\n", c = given::COUNTY))
            .await;
    }

    async fn import(&mut self, what: What, text: &str) {
        let source = import::read(what, "moved.csv", text.as_bytes());
        let now = self.clock.now();
        let report =
            command::import(&mut self.conn, COUNTY.id(), now, what, source, false).await.expect("importing");
        assert!(report.ok(), "{report}");
    }

    /// Looks which channels are open now. Nobody else changes that, so each that differs changed since `before`.
    async fn note(&mut self, before: Instant) {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = SqlUuid)]
            account_id: Uuid,
            #[diesel(sql_type = Text)]
            channel: String,
        }
        let rows: Vec<Row> = diesel::sql_query(
            "SELECT account_id, channel FROM memberships WHERE jurisdiction_id = $1 AND revoked_seq IS NULL",
        )
        .bind::<SqlUuid, _>(COUNTY.id().0)
        .load(&mut self.conn)
        .await
        .expect("memberships");
        let after = Instant::now();
        let now: BTreeSet<(AccountId, Channel)> = rows
            .into_iter()
            .map(|row| (AccountId(row.account_id), row.channel.parse().expect("a channel")))
            .collect();
        for (key, spans) in &mut self.open {
            if let (Some(last), false) = (spans.last_mut(), now.contains(key)) {
                last.1.get_or_insert(after);
            }
        }
        for key in now {
            let spans = self.open.entry(key).or_default();
            if spans.last().is_none_or(|(_, closed)| closed.is_some()) {
                spans.push((before, None));
            }
        }
    }

    /// Not one byte of a channel was sent in a page that was asked for after it was taken away, and was there before
    /// it was given again.
    pub fn check_scopes(&self, phone: &Phone, seed: u64) {
        for page in &phone.pages {
            for channel in &page.channels {
                let spans = self.open.get(&(phone.account(), *channel)).map_or(&[][..], Vec::as_slice);
                let open = spans
                    .iter()
                    .any(|(from, to)| *from <= page.there && to.is_none_or(|closed| closed >= page.asked));
                assert!(
                    open,
                    "seed {seed}: {} was sent something of {channel}, which is closed",
                    phone.login
                );
            }
        }
    }
}
