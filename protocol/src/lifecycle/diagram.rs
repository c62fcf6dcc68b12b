//! The stages as a picture, drawn from what the rules really do: docs/lifecycle.md.
//!
//! Nothing here is kept by hand: the moves are those that [`step`](super::step::step) takes when it is asked for every
//! command at every stage.

use std::collections::{BTreeMap, BTreeSet};

use super::item::StageName;

/// A move that was seen: from a stage (none: a new item), by a command, to a stage.
pub type Seen = (Option<StageName>, &'static str, StageName);

/// The words of a stage in both languages.
pub fn words(stage: &StageName) -> (&'static str, &'static str) {
    match stage {
        StageName::Listed => ("列入", "listed"),
        StageName::HandedOver => ("交办", "handed over"),
        StageName::Acknowledged => ("签收", "acknowledged"),
        StageName::InProgress => ("整改中", "in progress"),
        StageName::Answered => ("报验", "answered"),
        StageName::Returned => ("退回", "returned"),
        StageName::Closed => ("销号", "closed"),
        StageName::Declined => ("退单", "declined"),
        StageName::Suspended => ("挂账", "suspended"),
        StageName::Reopened => ("反弹", "reopened"),
        StageName::Cancelled => ("撤销", "cancelled"),
        StageName::Unknown(_) => ("", ""),
    }
}

/// The document, from the moves that were seen. Commands that leave every stage as it is are listed below the picture.
pub fn document(seen: &BTreeSet<Seen>) -> String {
    let mut moves: BTreeMap<(Option<&StageName>, &StageName), Vec<&str>> = BTreeMap::new();
    let mut still: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, command, to) in seen {
        let short = command.trim_start_matches("rectification.");
        if from.as_ref() == Some(to) {
            still.entry(short).or_default().push(to.as_str());
        } else {
            moves.entry((from.as_ref(), to)).or_default().push(short);
        }
    }
    let mut text = String::from(
        "# The life of an item on the ledger\n\n\
         Made from the code (`protocol/src/lifecycle`): every move below is one that the rules take, and no other is.\n\
         Overdue is no stage; it is computed from the history of the deadline. Who may give which command at which\n\
         stage is in [authority.txt](authority.txt).\n\n```mermaid\nstateDiagram-v2\n",
    );
    for stage in StageName::ALL {
        let (zh, en) = words(stage);
        text += &format!("    {stage}: {zh} {en}\n");
    }
    for ((from, to), commands) in &moves {
        let from = from.map_or("[*]", |from| from.as_str());
        text += &format!("    {from} --> {to}: {}\n", commands.join(", "));
    }
    text += "```\n\n| from | to | by |\n|---|---|---|\n";
    for ((from, to), commands) in &moves {
        let from = from.map_or("-".to_owned(), |from| format!("`{from}`"));
        let commands: Vec<String> = commands.iter().map(|command| format!("`{command}`")).collect();
        text += &format!("| {from} | `{to}` | {} |\n", commands.join(", "));
    }
    text += "\nCommands that leave the stage as it is:\n\n| command | at |\n|---|---|\n";
    for (command, stages) in still {
        let stages = match stages.len() {
            n if n == StageName::ALL.len() => "every stage".to_owned(),
            _ => stages.join(", "),
        };
        text += &format!("| `{command}` | {stages} |\n");
    }
    text
}
