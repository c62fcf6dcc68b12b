//! Statements in plain SQL that are prepared once per connection.
//!
//! `diesel::sql_query` is parsed and planned anew at every call. The write path sends whole batches as arrays
//! (`unnest`), whose text never changes: worth preparing. Values are always bound, never written into the text.

use std::marker::PhantomData;

use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{HasSqlType, Untyped},
};

/// A statement with its bound values; load rows from it by `QueryableByName`, or execute it.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<B = ()> {
    sql: &'static str,
    binds: B,
}

/// One more bound value behind those of `B`.
#[derive(Debug, Clone, Copy)]
pub struct Bound<B, T, V> {
    before: B,
    value: V,
    sql_type: PhantomData<T>,
}

/// `sql` with `$1`, `$2` … for the values bound in that order.
pub fn prepared(sql: &'static str) -> Prepared {
    Prepared { sql, binds: () }
}

impl<B> Prepared<B> {
    pub fn bind<T, V>(self, value: V) -> Prepared<Bound<B, T, V>> {
        Prepared { sql: self.sql, binds: Bound { before: self.binds, value, sql_type: PhantomData } }
    }
}

/// Pushes values in order, without any text of their own.
pub trait Binds {
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

impl Binds for () {
    fn push<'b>(&'b self, _out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        Ok(())
    }
}

impl<B: Binds, T, V: ToSql<T, Pg>> Binds for Bound<B, T, V>
where
    Pg: HasSqlType<T>,
{
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.push(out)?;
        out.push_bind_param_value_only(&self.value)
    }
}

impl<B: Binds> QueryFragment<Pg> for Prepared<B> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.sql);
        self.binds.push(&mut out)
    }
}

impl<B> QueryId for Prepared<B> {
    type QueryId = ();
    // The cache goes by the text: one type of binds serves many statements.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<B> Query for Prepared<B> {
    type SqlType = Untyped;
}

impl<B, Conn> diesel::RunQueryDsl<Conn> for Prepared<B> {}
