//! One private Postgres for the whole test run, one database per test, cloned from a template.

use std::{
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use anfang::db::{
    Conn, migrate,
    private::{Options, PrivatePostgres},
};
use diesel_async::{AsyncConnection, SimpleAsyncConnection};

static POSTGRES: OnceLock<PrivatePostgres> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("postgres")
}

/// Without fsync: the tests that cut the power bring a cluster of their own.
fn postgres() -> &'static PrivatePostgres {
    POSTGRES.get_or_init(|| {
        let settings = [("fsync", "off"), ("max_connections", "300"), ("synchronous_commit", "off")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        PrivatePostgres::start(Options { data_dir: folder(), settings })
            .expect("a private Postgres for the tests")
    })
}

async fn root() -> Conn {
    Conn::establish(&postgres().url("anfang")).await.expect("connecting to the tests' Postgres")
}

/// The template, made once per run: migrated, with the given county in it.
async fn template() -> &'static str {
    static MADE: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    const NAME: &str = "template_of_tests";
    MADE.get_or_init(|| async {
        // The pool and its connections live on a runtime of their own: each test has another.
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                let mut conn = root().await;
                drop_leftovers(&mut conn).await;
                conn.batch_execute(&format!("CREATE DATABASE {NAME}")).await.expect("the template");
                let url = postgres().url(NAME);
                migrate::migrate(&url).await.expect("migrating the template");
                super::given::fill(&url).await;
            });
        })
        .join()
        .expect("the template is made");
    })
    .await;
    NAME
}

/// Databases of an earlier run.
async fn drop_leftovers(conn: &mut Conn) {
    #[derive(diesel::QueryableByName)]
    struct Name {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let names: Vec<Name> = diesel_async::RunQueryDsl::load(
        diesel::sql_query(
            "SELECT datname::text AS name FROM pg_database WHERE datname LIKE 'test\\_%' OR datname = 'template_of_tests'",
        ),
        conn,
    )
    .await
    .expect("listing databases");
    for Name { name } in names {
        conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.expect("dropping a leftover");
    }
}

/// A database of the test's own, with the given county.
#[derive(Clone)]
pub struct Database {
    pub url: String,
}

impl Database {
    pub async fn new() -> Self {
        let template = template().await;
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        // Postgres copies a template for one at a time.
        static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _turn = ONE.lock().await;
        root()
            .await
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .await
            .expect("a database for the test");
        Database { url: postgres().url(&name) }
    }

    /// A copy, as a backup would have it. Nobody may be connected.
    pub async fn copy(&self) -> Self {
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let of = self.url.split(['/', '?']).find(|part| part.starts_with("test_")).expect("a name of ours");
        // Postgres itself stops its own workers before it copies; nobody else may.
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{of}' AND backend_type = 'client backend'"
        );
        let mut conn = root().await;
        conn.batch_execute(&cut).await.expect("hanging up");
        conn.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {of}")).await.expect("a copy");
        Database { url: postgres().url(&name) }
    }

    /// For looking at what the public doors do not show: the catalogue, the ledger's rows.
    pub async fn conn(&self) -> Conn {
        Conn::establish(&self.url).await.expect("connecting to the test's database")
    }
}
