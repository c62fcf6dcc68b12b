//! The settings of a private cluster: of a small server that shares its machine with its database.
//!
//! Promises: durable unless a test says otherwise; nothing personal in the log.
//! Never: carries what must not be overridden (socket, TCP, who may connect): that is on the command line.

use anyhow::{Result, bail};

/// Each with its reason. What is not here is as Postgres has it, autovacuum among it.
const DEFAULTS: &[(&str, &str, &str)] = &[
    ("fsync", "on", "Acknowledged is durable: never off outside tests."),
    ("synchronous_commit", "on", "The same: a commit is answered when it is on the disk."),
    ("full_page_writes", "on", "The same, for power cuts in the middle of a page."),
    ("wal_compression", "on", "Full pages are most of the log; processors are faster than small disks."),
    ("max_connections", "100", "Several servers' pools, and room for a person with psql."),
    ("shared_buffers", "128MB", "The operating system caches the rest; the server needs memory, too."),
    ("unix_socket_permissions", "0700", "Behind a folder that is 0700 already."),
    ("timezone", "UTC", "Times are stored and compared in UTC; pages show the reader's."),
    ("log_timezone", "UTC", "So that this log reads beside the server's."),
    (
        "autovacuum_naptime",
        "10s",
        "Plans that were made for empty tables read full ones whole, until it looks.",
    ),
    ("jit", "off", "Our queries are short: compiling one costs more than it saves."),
    (
        "max_parallel_workers_per_gather",
        "0",
        "Many small requests at once; and containers have a tiny /dev/shm.",
    ),
    ("idle_in_transaction_session_timeout", "5min", "A hung client must not hold locks for ever."),
    ("log_min_messages", "warning", "Beyond these: starts, stops and checkpoints."),
    ("log_line_prefix", "%m [%p] ", "When and which process; there is one role and one program."),
    ("log_error_verbosity", "terse", "The detail of a violated constraint quotes the row: names, places."),
    ("log_min_error_statement", "panic", "The same: statements do not belong in a file."),
    ("logging_collector", "off", "The log goes to the file that we opened and keep short."),
    ("log_destination", "stderr", "The same."),
];

/// Refuses what would break out of a line of `postgresql.conf`.
pub(super) fn check(settings: &[(String, String)]) -> Result<()> {
    for (name, value) in settings {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
        if name.is_empty() || !name.bytes().all(plain) || value.contains(['\n', '\r', '\0']) {
            bail!("{name:?} = {value:?} is no setting of Postgres");
        }
    }
    Ok(())
}

/// Whether the caller gave up durability: then making the cluster may skip it, too.
pub(super) fn are_careless(settings: &[(String, String)]) -> bool {
    let last = settings.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("fsync"));
    last.is_some_and(|(_, value)| ["off", "false", "no", "0"].contains(&value.to_ascii_lowercase().as_str()))
}

/// The text of `postgresql.conf`: ours, then the caller's, of which the last one counts.
pub(super) fn postgresql_conf(extra: &[(String, String)]) -> String {
    let mut text = String::from("# Written by Anfang at each start: changes made here are lost.\n");
    for (name, value, why) in DEFAULTS {
        text.push_str(&format!("\n# {why}\n{name} = {}\n", quoted(value)));
    }
    if !extra.is_empty() {
        text.push_str("\n# Given by whoever started this cluster.\n");
    }
    for (name, value) in extra {
        text.push_str(&format!("{name} = {}\n", quoted(value)));
    }
    text
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.into(), value.into())]
    }

    #[test]
    fn a_setting_stays_in_its_line() {
        assert!(check(&one("work_mem", "8MB")).is_ok());
        assert!(check(&one("work_mem\nfsync", "off")).is_err());
        assert!(check(&one("work_mem", "8MB\nfsync = off")).is_err());
        assert!(postgresql_conf(&one("search_path", "it's\\")).ends_with("search_path = 'it''s\\\\'\n"));
    }

    #[test]
    fn only_fsync_off_is_careless() {
        assert!(are_careless(&one("fsync", "OFF")));
        assert!(!are_careless(&one("fsync", "on")));
        assert!(!are_careless(&[]));
    }
}
