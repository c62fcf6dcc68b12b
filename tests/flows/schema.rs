//! The generated schema and the database say the same: every table, every column, in its order, of its type.

use std::collections::BTreeMap;

use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use crate::harness::postgres::Database;

/// Columns as `name Type`, by table.
type Tables = BTreeMap<String, Vec<String>>;

/// What the file says: `diesel print-schema` writes one column a line.
fn written() -> Tables {
    let text = include_str!("../../server/src/db/schema.rs");
    let mut tables = Tables::new();
    let mut table = None;
    for line in text.lines().map(str::trim) {
        if line.ends_with(" {") && line.contains('(') {
            let name = line.split([' ', '(']).next().expect("a word").to_owned();
            tables.insert(name.clone(), Vec::new());
            table = Some(name);
        } else if let (Some(name), Some((column, kind))) = (&table, line.split_once(" -> ")) {
            let column = column.trim_start_matches("r#");
            tables.entry(name.clone()).or_default().push(format!("{column} {}", kind.trim_end_matches(',')));
        } else if line == "}" {
            table = None;
        }
    }
    tables
}

#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    udt_name: String,
    #[diesel(sql_type = Text)]
    is_nullable: String,
}

/// What the catalogue says, in diesel's words for types.
async fn there(database: &Database) -> Tables {
    let columns: Vec<Column> = diesel::sql_query(
        "SELECT c.table_name::text, c.column_name::text, c.udt_name::text, c.is_nullable::text \
         FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
         WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE' AND table_name NOT LIKE '\\_\\_diesel%' \
         ORDER BY c.table_name, c.ordinal_position",
    )
    .load(&mut database.conn().await)
    .await
    .expect("the catalogue");
    let mut tables = Tables::new();
    for column in columns {
        let kind = match column.udt_name.as_str() {
            "uuid" => "Uuid",
            "text" => "Text",
            "int2" => "Int2",
            "int4" => "Int4",
            "int8" => "Int8",
            "float8" => "Float8",
            "bool" => "Bool",
            "date" => "Date",
            "bytea" => "Bytea",
            "jsonb" => "Jsonb",
            "timestamptz" => "Timestamptz",
            other => panic!("{}.{}: this test does not know {other}", column.table_name, column.column_name),
        };
        let kind = if column.is_nullable == "YES" { format!("Nullable<{kind}>") } else { kind.to_owned() };
        tables.entry(column.table_name).or_default().push(format!("{} {kind}", column.column_name));
    }
    tables
}

#[tokio::test]
async fn the_schema_is_that_of_the_database() {
    let (written, there) = (written(), there(&Database::new().await).await);
    let names = |tables: &Tables| tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&written), names(&there), "tables");
    assert!(written.len() > 20);
    for (table, columns) in &there {
        assert_eq!(&written[table], columns, "columns of {table}");
    }
}
