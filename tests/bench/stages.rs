//! The measurements, one after the other.

use anfang::clock::Clock;
use anyhow::Context;
use diesel_async::SimpleAsyncConnection;

use crate::{
    disk,
    ground::{
        self, COUNTIES, Databases, INSPECTORS, LEDGER_COUNTY, LONG_COUNTY, NEWCOMER, OFFICER, SUPERVISOR,
        Server, inspector,
    },
    http::Line,
    items,
    load::{Load, drive},
    meter::Meter,
    people::{Person, inspectors, sign_in},
    pgbench::{Run, Sample},
    photos::{self, Film},
    proof::Books,
    pulls::{self, Pulled, Reader},
    pushes::{Phone, reconnect},
    reports::{Chance, Pen, Template},
    rustus::Rustus,
    table::Figure,
};

/// Each measurement and what it is held against take turns so many times.
const ROUNDS: u32 = 2;
/// What ODK Central is published to do on such a machine: text reports and reports with three 200 KB photos a
/// second at 32 connections, and its memory in megabytes.
const ODK: &str = "ODK Central (published)";
const ODK_TEXT: f64 = 103.0;
const ODK_PHOTOS: f64 = 53.0;
const ODK_MB: f64 = 484.0;

/// Clients of pgbench where each writes by itself: more of them only wait for the processors.
const WRITERS: usize = 32;
const PHOTO_BYTES: usize = 200_000;
const PHOTOS: usize = 3;
const LARGE_BYTES: usize = 4_000_000;
/// Who upload large files at once.
const UPLOADERS: usize = 8;
/// Connections that wait for news.
const IDLE: usize = 500;
/// Reports in the township of the first sync.
const TOWNSHIP_REPORTS: usize = 1000;
/// Reports to a push of those that are there before anything is measured.
const PAST_BATCH: usize = 25;

pub struct Bench<'a> {
    databases: &'a Databases,
    server: &'a Server,
    meter: Meter,
    seconds: f64,
    /// Where pgbench goes on with its identifiers.
    begun: u64,
    pub books: Books,
    pub figures: Vec<Figure>,
    pub memory: Vec<(String, f64)>,
}

/// A phone that sends photos with its reports.
struct Photographer<'a> {
    phone: Phone,
    film: &'a Film,
    chance: Chance,
}

impl Photographer<'_> {
    async fn send(&mut self) -> anyhow::Result<u64> {
        let photos: Vec<_> = (0..PHOTOS).map(|_| self.film.take(&mut self.chance)).collect();
        let shas: Vec<_> = photos.iter().map(|photo| photo.sha).collect();
        self.phone.push(&shas).await?;
        photos::upload(&mut self.phone.person, self.film, &photos).await?;
        Ok(1)
    }
}

impl<'a> Bench<'a> {
    pub fn new(databases: &'a Databases, server: &'a Server, seconds: f64) -> anyhow::Result<Self> {
        let meter = Meter { server: server.pid(), postmaster: databases.postmaster()? };
        Ok(Bench {
            databases,
            server,
            meter,
            seconds,
            begun: 0,
            books: Books::default(),
            figures: Vec::new(),
            memory: Vec::new(),
        })
    }

    /// All of them, or those that `ANFANG_BENCH_STAGES` names, with commas between.
    pub async fn all(&mut self) -> anyhow::Result<()> {
        let named = std::env::var("ANFANG_BENCH_STAGES").ok();
        let wanted = |stage| named.as_ref().is_none_or(|named| named.split(',').any(|one| one == stage));
        self.remember("server, before the first report")?;
        self.past().await?;
        if wanted("texts") {
            for (counties, phones, batch) in [(1, 32, 1), (8, 32, 1), (8, 128, 1), (1, 32, 20)] {
                self.texts(counties, phones, batch).await?;
            }
            self.remember("server, after the text reports")?;
        }
        if wanted("feed") {
            self.township().await?;
            self.long_feed().await?;
        }
        if wanted("idle") {
            self.idle().await?;
        }
        if wanted("files") {
            self.with_photos().await?;
            self.uploads(PHOTO_BYTES, 32).await?;
            self.uploads(LARGE_BYTES, UPLOADERS).await?;
        }
        if wanted("ledger") {
            self.ledger().await?;
        }
        self.memory.push(("server, at its peak".into(), self.meter.server_peak_mb()?));
        self.memory.push((ODK.into(), ODK_MB));
        Ok(())
    }

    /// A past for all counties. Postgres goes on reading whole tables that were empty when it made its plans, until it looks at
    /// them again: the first minute of a server's life is not what is measured.
    async fn past(&mut self) -> anyhow::Result<()> {
        println!("a past of some thousand reports …");
        let people = inspectors(&self.server.address, &COUNTIES, 4).await?;
        let mut phones = Phone::all(people, PAST_BATCH, 0, 0, Clock::default().now())?;
        self.push(&mut phones, async |phone| phone.push(&[]).await).await?;
        let sample = Sample::take(&mut self.databases.conn(Databases::MAIN).await?).await?;
        let people: Vec<&Person> = phones.iter().map(|phone| &phone.person).collect();
        let mut begun = self.begun;
        self.pgbench(people.len()).insert(&sample, &people, PAST_BATCH, &mut begun)?;
        self.begun = begun;
        self.close_books(&phones, 0);
        for name in [Databases::MAIN, Databases::BASELINE] {
            self.databases.conn(name).await?.batch_execute("ANALYZE").await?;
        }
        Ok(())
    }

    fn remember(&mut self, name: &str) -> anyhow::Result<()> {
        self.memory.push((name.into(), self.meter.server_mb()?));
        Ok(())
    }

    /// Seconds of one turn.
    fn turn(&self) -> f64 {
        self.seconds / f64::from(ROUNDS)
    }

    fn pgbench(&self, clients: usize) -> Run<'_> {
        Run {
            databases: self.databases,
            database: Databases::BASELINE,
            meter: &self.meter,
            clients,
            seconds: self.turn(),
        }
    }

    /// Text reports with three findings: `batch` to a push, from so many phones of one county or of eight.
    async fn texts(&mut self, counties: usize, phones: usize, batch: usize) -> anyhow::Result<()> {
        let each = if batch == 1 { "one to a push".into() } else { format!("{batch} to a push") };
        let several_counties = several(counties, "county", "counties");
        let name = format!("text reports, {each}, {phones} phones, {several_counties}");
        println!("{name} …");
        let people = inspectors(&self.server.address, &COUNTIES[..counties], phones / counties).await?;
        let mut phones = Phone::all(people, batch, 0, 0, Clock::default().now())?;
        let bytes = phones[0].template.bytes.len();
        let (mut load, mut alone, mut gathered) = (Load::default(), Load::default(), Load::default());
        let before = self.batches().await?;
        let mut mean = 1;
        for _ in 0..ROUNDS {
            load = load.and(self.push(&mut phones, async |phone| phone.push(&[]).await).await?);
            mean = mean_batch(before, self.batches().await?);
            let mut conn = self.databases.conn(Databases::MAIN).await?;
            let sample = Sample::take(&mut conn).await?;
            let people: Vec<&Person> = phones.iter().map(|phone| &phone.person).collect();
            let mut begun = self.begun;
            self.databases.checkpoint().await?;
            alone = alone.and(self.pgbench(WRITERS).insert(&sample, &people, batch, &mut begun)?);
            self.databases.checkpoint().await?;
            gathered = gathered.and(self.pgbench(counties).insert(&sample, &people, mean, &mut begun)?);
            self.begun = begun;
        }
        let mut figure = Figure::of(&name, "/s", &load)
            .beside(&format!("pgbench, {batch} to a transaction, {WRITERS} clients"), &alone)
            .beside(
                &format!("pgbench, {mean} to a transaction, {}", several(counties, "client", "clients")),
                &gathered,
            )
            .memory(self.meter.server_mb()?)
            .remark(format!(
                "  {bytes} bytes to a push; the server gathered {mean} reports to a transaction"
            ));
        if batch == 1 {
            figure = figure.aim(ODK, ODK_TEXT, 30.0);
        }
        self.figures.push(figure);
        self.close_books(&phones, 0);
        Ok(())
    }

    fn close_books(&mut self, phones: &[Phone], photos: usize) {
        for phone in phones {
            self.books.reports(phone.person.county, phone.applied, photos as u64);
        }
    }

    async fn push(
        &self,
        phones: &mut [Phone],
        step: impl AsyncFn(&mut Phone) -> anyhow::Result<u64>,
    ) -> anyhow::Result<Load> {
        reconnect(&self.server.address, phones).await?;
        self.databases.checkpoint().await?;
        drive(&self.meter, phones, self.turn(), step).await
    }

    /// Transactions of reports, and reports, since the server started.
    async fn batches(&self) -> anyhow::Result<(f64, f64)> {
        let text = Line::open(&self.server.address).await?.read_text("/metrics").await?;
        let figure = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_whitespace().last()?.parse().ok()).unwrap_or(0.0)
        };
        Ok((figure("anfang_batch_commands_count"), figure("anfang_batch_commands_sum")))
    }

    /// Reports with three photos of 200 KB each, which a decoder looks into meanwhile.
    async fn with_photos(&mut self) -> anyhow::Result<()> {
        let name = "reports with three 200 KB photos, 32 phones, one county";
        println!("{name} …");
        let film = Film::of(PHOTO_BYTES)?;
        let people = inspectors(&self.server.address, &COUNTIES[..1], INSPECTORS).await?;
        let phones = Phone::all(people, 1, PHOTOS, PHOTO_BYTES, Clock::default().now())?;
        let photographer =
            |(i, phone)| Photographer { phone, film: &film, chance: Chance(1 << 40 | i as u64) };
        let mut all: Vec<_> = phones.into_iter().enumerate().map(photographer).collect();
        let (mut load, mut disk, mut decoders) = (Load::default(), Load::default(), 0.0_f64);
        for _ in 0..ROUNDS {
            for one in &mut all {
                one.phone.person.line = Line::open(&self.server.address).await?;
            }
            self.databases.checkpoint().await?;
            load = load.and(drive(&self.meter, &mut all, self.turn(), async |one| one.send().await).await?);
            decoders = decoders.max(self.meter.decoders_mb()?);
            self.skip_examinations().await?;
            disk = disk.and(disk::write_files(&self.meter, &film, all.len(), self.turn())?);
        }
        // Three files make a report.
        disk.seconds *= PHOTOS as f64;
        let figure = Figure::of(name, "/s", &load)
            .beside("their three files hashed, written and fsynced, 32 threads", &disk)
            .memory(self.meter.server_mb()?)
            .aim(ODK, ODK_PHOTOS, 8.0)
            .remark(format!(
                "  {:.0} MB/s of photos; the decoder beside held {decoders:.0} MB",
                load.rate() * (PHOTOS * PHOTO_BYTES) as f64 / 1e6
            ));
        self.figures.push(figure);
        let phones: Vec<Phone> = all.into_iter().map(|one| one.phone).collect();
        self.close_books(&phones, PHOTOS);
        Ok(())
    }

    /// Decoders would be busy for minutes with photos that were sent within seconds: what is measured next would
    /// pay for what was measured before.
    async fn skip_examinations(&self) -> anyhow::Result<()> {
        let mut conn = self.databases.conn(Databases::MAIN).await?;
        conn.batch_execute("UPDATE blobs SET examination = 'done' WHERE examination = 'pending'").await?;
        Ok(())
    }

    /// Files by themselves: declared and sent in one request each, from so many phones.
    async fn uploads(&mut self, bytes: usize, uploaders: usize) -> anyhow::Result<()> {
        let name = format!("files of {} KB uploaded, {uploaders} phones", bytes / 1000);
        println!("{name} …");
        let film = Film::of(bytes)?;
        let mut people = Vec::with_capacity(uploaders);
        for n in 0..uploaders {
            let person = sign_in(&self.server.address, COUNTIES[0], &inspector(n)).await?;
            people.push((person, Chance(1 << 50 | (bytes + n) as u64), 0_u64));
        }
        let (mut load, mut disk, mut others) = (Load::default(), Load::default(), Load::default());
        let rustus = Rustus::start().await?;
        for _ in 0..ROUNDS {
            for (person, _, _) in &mut people {
                person.line = Line::open(&self.server.address).await?;
            }
            self.databases.checkpoint().await?;
            let step = async |(person, chance, count): &mut (Person, Chance, u64)| {
                photos::upload(person, &film, &[film.take(chance)]).await?;
                *count += 1;
                Ok(1)
            };
            load = load.and(drive(&self.meter, &mut people, self.turn(), step).await?);
            self.skip_examinations().await?;
            disk = disk.and(disk::write_files(&self.meter, &film, uploaders, self.turn())?);
            if let Some(rustus) = &rustus {
                others = others.and(rustus.take(&self.meter, &film, uploaders, self.turn()).await?);
            }
        }
        let figure = Figure::of(&name, "/s", &load)
            .beside(&format!("the same hashed, written and fsynced, {uploaders} threads"), &disk)
            .memory(self.meter.server_mb()?)
            .remark(format!("  {:.0} MB/s", load.rate() * bytes as f64 / 1e6));
        self.figures.push(match rustus {
            Some(_) => figure.beside("rustus: written and fsynced, no more", &others),
            None => figure.remark("  rustus is not installed here: not measured".into()),
        });
        for (person, _, count) in &people {
            self.books.files(person.county, *count);
        }
        Ok(())
    }

    /// The first sync of somebody who has one township: its households, its reports, the reference data.
    async fn township(&mut self) -> anyhow::Result<()> {
        println!("first sync of a township …");
        let (address, county, now) = (&self.server.address, COUNTIES[0], Clock::default().now());
        let writer = sign_in(address, county, &inspector(0)).await?;
        let pen = Pen::about(county, ground::households(county, 0).into_iter(), 99, now);
        let mut writer = Phone::new(writer, pen, Template::new(county, 20, 0, 0, now)?);
        for _ in 0..TOWNSHIP_REPORTS / 20 {
            writer.push(&[]).await?;
        }
        self.close_books(std::slice::from_ref(&writer), 0);
        let mut reader = Reader::new(sign_in(address, county, NEWCOMER).await?);
        for (pages, limit) in [("pages of 64 KB", None), ("pages of 1 MB", Some(1024 * 1024))] {
            reader.person.line = Line::open(address).await?;
            let told = reader.pull_anew(limit, true).await?;
            reader.person.line = Line::open(address).await?;
            let mut readers = [&mut reader];
            let step = async |reader: &mut &mut Reader| {
                reader.pull_anew(limit, false).await?;
                Ok(1)
            };
            let load = drive(&self.meter, &mut readers, self.turn(), step).await?;
            let run = Run { database: Databases::MAIN, ..self.pgbench(1) };
            let sql = run.run(&pulls::query_of_township(county), 0)?;
            let Pulled { puts, pages: count, bytes, compressed } = told;
            let figure = Figure::of(&format!("first sync of a township, {pages}"), "/s", &load)
                .beside("pgbench, the same rows read by SQL, 1 client", &sql)
                .memory(self.meter.server_mb()?)
                .remark(format!(
                    "  {puts} items, {count} pages, {:.2} MB, as zstd {:.2} MB",
                    bytes as f64 / 1e6,
                    compressed as f64 / 1e6
                ));
            self.figures.push(figure);
        }
        Ok(())
    }

    /// Incremental pulls of a feed of ten thousand rows, of a million, and of ten million.
    async fn long_feed(&mut self) -> anyhow::Result<()> {
        let (address, county) = (self.server.address.clone(), LONG_COUNTY);
        let mut conn = self.databases.conn(Databases::MAIN).await?;
        let room = pulls::make_room(&mut conn, county).await?;
        let writer = sign_in(&address, county, &inspector(0)).await?;
        let now = Clock::default().now();
        let mut writer = Phone::new(writer, Pen::new(county, 5, now), Template::new(county, 1, 0, 0, now)?);
        let mut reader = Reader::new(sign_in(&address, county, SUPERVISOR).await?);
        reader.pull(None, false).await?;
        for rows in [10_000, 1_000_000, 10_000_000] {
            println!("pulls of a feed of {rows} rows …");
            let authors = [writer.person.account];
            pulls::fill(&mut conn, county, &authors, room, rows).await?;
            self.databases.checkpoint().await?;
            writer.person.line = Line::open(&address).await?;
            reader.person.line = Line::open(&address).await?;
            reader.pull(None, false).await?;
            let load = pulls::follow(&mut writer, &mut reader, self.seconds).await?;
            let run = Run { database: Databases::MAIN, ..self.pgbench(1) };
            let sql = run.run(&pulls::query_of_feed(county, reader.person.account), 0)?;
            let figure = Figure::of(&format!("pull of one new report, feed of {rows} rows"), "/s", &load)
                .beside("pgbench, the query of the feed, 1 client", &sql)
                .memory(self.meter.server_mb()?);
            self.figures.push(figure);
            let load = pulls::catch_up(&address, &mut writer, &mut reader, self.turn()).await?;
            let reached = if load.percentile_ms(0.5) < 10.0 { "reached" } else { "not reached" };
            let name = format!("pull of a thousand reports, feed of {rows} rows");
            self.figures.push(
                Figure::of(&name, "/s", &load)
                    .memory(self.meter.server_mb()?)
                    .remark(format!("  aim: under 10 ms at the median: {reached}")),
            );
            let mut twins = reader.twins(&address, 32).await?;
            let load = drive(&self.meter, &mut twins, self.turn(), async |twin| twin.poll().await).await?;
            let name = format!("pull of nothing new, feed of {rows} rows, 32 phones");
            self.figures.push(Figure::of(&name, "/s", &load).memory(self.meter.server_mb()?));
        }
        self.close_books(std::slice::from_ref(&writer), 0);
        Ok(())
    }

    /// A million items: what the desk asks of them, and what the clock does with them.
    async fn ledger(&mut self) -> anyhow::Result<()> {
        println!("a ledger of {} items …", items::ITEMS);
        let (address, county) = (&self.server.address, LEDGER_COUNTY);
        let mut conn = self.databases.conn(Databases::MAIN).await?;
        let mut supervisor = sign_in(address, county, SUPERVISOR).await?;
        items::fill(&mut conn, county, supervisor.account).await?;
        self.databases.checkpoint().await?;
        let mut officer = sign_in(address, county, OFFICER).await?;
        supervisor.line = Line::open(address).await?;
        let counted = items::counted(&mut supervisor).await?;
        anyhow::ensure!(counted == items::ITEMS, "{counted} items are counted");
        let before = items::whole_reads(&mut conn).await?;
        for (name, path) in items::questions(county) {
            let (mut person, mut others) = ([&mut supervisor], [&mut officer]);
            for (who, person) in [("supervisor", &mut person), ("unit", &mut others)] {
                if who == "unit" && !(name.ends_with("newest") || name.ends_with("by stage")) {
                    continue;
                }
                person[0].line = Line::open(address).await?;
                let step = async |person: &mut &mut Person| items::ask(person, &path).await;
                let load = drive(&self.meter, person, self.turn().min(1.0), step).await?;
                let reached = if load.percentile_ms(0.5) < 50.0 { "reached" } else { "NOT reached" };
                let figure = Figure::of(&format!("{name}, {who}"), "/s", &load);
                self.figures.push(figure.remark(format!("  aim: under 50 ms at the median: {reached}")));
            }
        }
        // Postgres tells with some delay what was read.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let whole = items::whole_reads(&mut conn).await? - before;
        anyhow::ensure!(whole == 0, "{whole} sequential scans of tables with a million rows");
        let seconds = items::fall_due(&mut conn, county).await?;
        let load = Load { units: items::DUE, seconds, ..Load::default() };
        let figure =
            Figure::of("the clock's sweep: items that fall due, of a million open ones", "/s", &load)
                .memory(self.meter.server_mb()?)
                .remark(format!("  {} items in {seconds:.2} s; aim: under 2 s", items::DUE))
                .remark(format!(
                    "  sequential scans of tables with a million rows, in all lists and counts: {whole}"
                ));
        self.figures.push(figure);
        Ok(())
    }

    /// Phones that wait for news: their connections cost memory.
    async fn idle(&mut self) -> anyhow::Result<()> {
        println!("{IDLE} idle connections …");
        let person = sign_in(&self.server.address, COUNTIES[0], &inspector(0)).await?;
        let mut waiting = Vec::with_capacity(IDLE);
        for _ in 0..IDLE {
            let mut line = Line::open(&self.server.address).await?;
            line.listen("/v1/sync/events", &person.token).await.context("waiting for news")?;
            waiting.push(line);
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        self.remember(&format!("server, with {IDLE} connections that wait for news"))
    }
}

fn several(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn mean_batch(before: (f64, f64), after: (f64, f64)) -> usize {
    let transactions = (after.0 - before.0).max(1.0);
    (((after.1 - before.1) / transactions).round() as usize).max(1)
}
