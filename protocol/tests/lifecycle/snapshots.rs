//! The documents that are made from the code, and that they have not drifted.

use std::collections::BTreeSet;

use super::*;
use anfang_protocol::lifecycle::{
    authority,
    diagram::{self, Seen},
    item::StageName,
};

/// One item at every stage: by people who did what they may, in time and late.
fn at_every_stage() -> Vec<County> {
    let paths: &[&[(&str, Who)]] = &[
        &[],
        &[("list", Who::Supervisor)],
        &[("cancel", Who::Supervisor)],
        &[("decline", Who::Ann)],
        &[("suspend", Who::Supervisor)],
        &[("acknowledge", Who::Ann)],
        &[("acknowledge", Who::Ann), ("ask_extension", Who::Ann)],
        &[("acknowledge", Who::Ann), ("suspend", Who::Supervisor)],
        &[("acknowledge", Who::Ann), ("plan", Who::Ann)],
        &[("acknowledge", Who::Ann), ("plan", Who::Ann), ("ask_extension", Who::Ann)],
        &[("acknowledge", Who::Ann), ("plan", Who::Ann), ("suspend", Who::Supervisor)],
        &[("acknowledge", Who::Ann), ("report", Who::Ann)],
        &[("acknowledge", Who::Ann), ("report", Who::Ann), ("return", Who::Vic)],
        &[("acknowledge", Who::Ann), ("report", Who::Ann), ("return", Who::Vic), ("ask_extension", Who::Ann)],
        &[
            ("acknowledge", Who::Ann),
            ("report", Who::Ann),
            ("return", Who::Vic),
            ("suspend", Who::Supervisor),
        ],
        &[("acknowledge", Who::Ann), ("report", Who::Ann), ("accept", Who::Vic)],
        &[("acknowledge", Who::Ann), ("report", Who::Ann), ("accept", Who::Vic), ("close", Who::Vic)],
        &[
            ("acknowledge", Who::Ann),
            ("report", Who::Ann),
            ("accept", Who::Vic),
            ("close", Who::Vic),
            ("reopen", Who::Vic),
        ],
    ];
    let mut found = vec![County::empty()];
    for path in paths {
        for late in [false, true] {
            let mut county =
                if path == &[("list", Who::Supervisor)] { County::empty() } else { handed_over() };
            for (short, who) in *path {
                let asks = *short == "ask_extension";
                if late && !asks && !county.items.is_empty() {
                    county.days(60);
                    county.sweep();
                }
                let kind = Act::KINDS.iter().find(|kind| kind.ends_with(&format!(".{short}"))).unwrap();
                let act = dice::act(kind, item_id(0), &county, &mut dice::Dice::plain());
                // Nobody asks for an extension once the deadline has passed.
                if !(late && asks) {
                    county.does(*who, act);
                }
            }
            found.push(county);
        }
    }
    found
}

/// Every move that the rules take, tried out: each county as it is, and long past its deadline with a draft waiting.
fn seen() -> BTreeSet<Seen> {
    let mut seen = BTreeSet::new();
    let mut try_all = |county: &mut County| {
        county.does_list_others();
        let before = county.items.get(&item_id(0)).map(Item::stage);
        for kind in Act::KINDS {
            let plain = dice::act(kind, item_id(0), county, &mut dice::Dice::plain());
            let clocks = county.items.get(&item_id(0)).map(|item| {
                let due =
                    anfang_protocol::lifecycle::falls(item, county.now, &county.calendar, &county.rules);
                due.iter().map(|falls| falls.command(item).1).collect::<Vec<_>>()
            });
            let acts =
                clocks.unwrap_or_default().into_iter().filter(|act| act.kind() == *kind).chain([plain]);
            for act in acts {
                for who in EVERYBODY.map(Who::actor).into_iter().chain([Actor::Clock]) {
                    if let Ok(step) = county.ask(&who, &act) {
                        seen.insert((before.clone(), *kind, step.item.stage()));
                    }
                }
            }
        }
    };
    for mut county in at_every_stage() {
        try_all(&mut county);
        county.days(120);
        try_all(&mut county);
        county.sweep();
        try_all(&mut county);
    }
    seen
}

impl County {
    /// An item 1 for joining.
    fn does_list_others(&mut self) {
        if !self.items.contains_key(&item_id(1)) {
            let Act::List(mut list) = list(&[50]) else { unreachable!() };
            list.rectification_id = item_id(1);
            self.does(Who::Supervisor, Act::List(list));
        }
    }
}

#[test]
fn the_picture_in_the_docs_is_the_code() {
    let seen = seen();
    let stages: BTreeSet<StageName> = seen.iter().map(|(_, _, to)| to.clone()).collect();
    assert_eq!(stages, StageName::ALL.iter().cloned().collect(), "every stage can be reached");
    snapshot("lifecycle.md", &diagram::document(&seen));
}

#[test]
fn the_table_and_the_moves_agree() {
    // What the table lets through at a stage, some move takes; what it does not, none does.
    let seen = seen();
    for rule in authority::CASE_RULES {
        for stage in rule.stages {
            assert!(
                seen.iter().any(|(from, kind, _)| from.as_ref() == Some(stage) && *kind == rule.command),
                "{} is listed at {stage}, but nothing takes it",
                rule.command
            );
        }
    }
    for (from, kind, _) in &seen {
        let listed = |rule: &&authority::CaseRule| match from {
            Some(stage) => rule.stages.contains(stage),
            None => rule.stages.is_empty(),
        };
        assert!(authority::CASE_RULES.iter().filter(|rule| rule.command == *kind).any(|rule| listed(&rule)));
    }
}

#[test]
fn the_table_of_the_web_apps_is_this_one() {
    let text = serde_json::to_string_pretty(&authority::json()).unwrap() + "\n";
    snapshot("authority.json", &text);
}

#[test]
fn every_command_of_the_table_is_one_and_every_one_is_in_it() {
    for kind in Act::KINDS {
        assert!(authority::CASE_RULES.iter().any(|rule| rule.command == *kind), "{kind}");
    }
    assert!(authority::CASE_RULES.iter().all(|rule| Act::KINDS.contains(&rule.command)));
}

#[test]
fn every_refusal_says_what_to_do_instead_in_both_languages() {
    for kind in Act::KINDS {
        for stage in StageName::ALL {
            assert_instructs(authority::wrong_stage(kind, stage));
        }
    }
    let start = Code::ALL.iter().position(|code| *code == Code::NotHandedOver).unwrap();
    let end = Code::ALL.iter().position(|code| *code == Code::NoticeUnknown).unwrap();
    Code::ALL[start..=end].iter().copied().for_each(assert_instructs);
}

/// What is wrong, then what to do, in both languages.
pub fn assert_instructs(code: Code) {
    let (en, zh) = (code.title(), code.title_zh());
    let does = en.split_once("; ").is_some_and(|(wrong, instead)| wrong.len() > 8 && instead.len() > 8);
    assert!(does, "{code:?}: {en:?} tells no way out");
    let does = zh.contains('，') && ["请", "改用", "可"].iter().any(|word| zh.contains(word));
    assert!(does || code == Code::ForTheClock && zh.contains("请"), "{code:?}: {zh:?} tells no way out");
}

#[test]
fn the_table_in_the_docs_is_this_one() {
    snapshot("authority.txt", &(anfang_protocol::authority::table() + &authority::table()));
}
