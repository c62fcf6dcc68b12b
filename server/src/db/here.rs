//! The jurisdiction in a query that looks rows up by their ids.

use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression,
    expression::{ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::Uuid as SqlUuid,
};
use uuid::Uuid;

/// A jurisdiction as `(SELECT $1)`: the planner sees that it is one, and not which.
///
/// Told which, it takes one that has come since it last looked at the table for one without rows, and to look up three
/// ids reads every row of that jurisdiction instead. Without the name it goes by the ids.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Here(pub Uuid);

impl Expression for Here {
    type SqlType = SqlUuid;
}

impl QueryFragment<Pg> for Here {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(SELECT ");
        out.push_bind_param::<SqlUuid, _>(&self.0)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<GroupBy> ValidGrouping<GroupBy> for Here {
    type IsAggregate = is_aggregate::Never;
}

impl<Source> AppearsOnTable<Source> for Here {}

impl<Source> SelectableExpression<Source> for Here {}
