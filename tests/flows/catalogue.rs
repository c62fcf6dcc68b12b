//! The database's own catalogue: everything can be sharded by jurisdiction, and everything says what it is.

use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use crate::harness::postgres::Database;

/// Tables of ours: diesel's own list of migrations is not one.
const OURS: &str = "c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace \
                    AND c.relname NOT LIKE '\\_\\_diesel%'";

async fn names(database: &Database, query: &str) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let rows: Vec<Row> =
        diesel::sql_query(query).load(&mut database.conn().await).await.expect("the catalogue");
    rows.into_iter().map(|row| row.name).collect()
}

#[tokio::test]
async fn every_key_begins_with_the_jurisdiction() {
    let database = Database::new().await;
    let first =
        "(SELECT attname FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1])";
    let referred =
        "(SELECT attname FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = k.confkey[1])";
    let wrong = format!(
        "SELECT k.conname::text AS name FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid \
         WHERE {OURS} AND k.contype IN ('p', 'u', 'f') \
         AND ({first} <> 'jurisdiction_id' OR k.contype = 'f' AND {referred} <> 'jurisdiction_id')"
    );
    assert_eq!(
        names(&database, &wrong).await,
        Vec::<String>::new(),
        "keys, unique constraints and references"
    );
    let unique = format!(
        "SELECT i.indexrelid::regclass::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
         WHERE {OURS} AND i.indisunique AND a.attname <> 'jurisdiction_id'"
    );
    assert_eq!(names(&database, &unique).await, Vec::<String>::new(), "unique indexes");
    let without = format!(
        "SELECT c.relname::text AS name FROM pg_class c WHERE {OURS} AND NOT EXISTS \
         (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')"
    );
    assert_eq!(names(&database, &without).await, Vec::<String>::new(), "tables without a key");
    assert!(
        names(&database, &format!("SELECT relname::text AS name FROM pg_class c WHERE {OURS}")).await.len()
            > 20
    );
}

#[tokio::test]
async fn every_table_and_column_has_a_comment() {
    let database = Database::new().await;
    let silent = format!(
        "SELECT c.relname || coalesce('.' || a.attname, '') AS name FROM pg_class c \
         LEFT JOIN LATERAL (SELECT attnum, attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 \
             AND NOT attisdropped UNION ALL SELECT 0, NULL) a ON true \
         WHERE {OURS} AND coalesce(col_description(c.oid, nullif(a.attnum, 0)), \
             CASE WHEN a.attnum = 0 THEN obj_description(c.oid, 'pg_class') END, '') = ''"
    );
    assert_eq!(names(&database, &silent).await, Vec::<String>::new());
    let functions = "SELECT p.proname::text AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace \
                     AND p.proname NOT LIKE 'diesel\\_%' AND obj_description(p.oid, 'pg_proc') IS NULL";
    assert_eq!(names(&database, functions).await, Vec::<String>::new(), "functions");
}
