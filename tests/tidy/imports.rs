//! Which file takes names from which, as the compiler finds them: through `use`, paths, and what a room hands on.

use std::collections::{BTreeMap, BTreeSet};

use syn::{
    ItemMod, ItemUse, UseTree, Visibility,
    visit::{self, Visit},
};

use super::sources;

/// Our crates, by the names that others know them by.
const CRATES: [(&str, &str); 3] =
    [("anfang", "server/src"), ("anfang_protocol", "protocol/src"), ("anfang_media", "server/media/src")];

/// A crate, its modules, and a name in it, as far as a path goes.
type Names = Vec<String>;

/// What one file names.
#[derive(Default)]
struct Named {
    file: String,
    paths: Vec<Names>,
    /// What it hands on, by the name under which it does.
    hands_on: BTreeMap<String, Names>,
}

impl<'ast> Visit<'ast> for Named {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        // Tests may know everything.
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_private = matches!(item.vis, Visibility::Inherited);
        let mut leaves = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut leaves);
        for (name, path) in leaves {
            if is_private {
                self.paths.push(path);
            } else {
                self.hands_on.insert(name, path);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        // A single word is a variable, or was brought by a `use`.
        if path.segments.len() > 1 {
            self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    /// `pub(in crate::room)` takes nothing from the room.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// Every name that a `use` brings, with its whole path.
fn flatten(tree: &UseTree, before: &mut Names, leaves: &mut Vec<(String, Names)>) {
    let mut leaf = |name: String, last: String| leaves.push((name, [&before[..], &[last]].concat()));
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, leaves);
            before.pop();
        }
        UseTree::Name(name) => leaf(name.ident.to_string(), name.ident.to_string()),
        UseTree::Rename(rename) => leaf(rename.rename.to_string(), rename.ident.to_string()),
        UseTree::Glob(_) => leaf("*".into(), "*".into()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, leaves)),
    }
}

struct House(BTreeMap<Names, Named>);

impl House {
    fn read() -> Self {
        let mut modules = BTreeMap::new();
        for (name, folder) in CRATES {
            for (path, text) in sources(folder).into_iter().filter(|(path, _)| !path.ends_with("_tests.rs")) {
                let mut named = Named { file: format!("{folder}/{path}"), ..Named::default() };
                named.visit_file(&syn::parse_file(&text).expect("a source that compiles"));
                let within =
                    path.trim_end_matches(".rs").split('/').filter(|part| !["mod", "lib"].contains(part));
                modules.insert(std::iter::once(name).chain(within).map(str::to_owned).collect(), named);
            }
        }
        House(modules)
    }

    /// The file that has what this path means within that module; none where it is not ours.
    fn file(&self, here: &[String], path: &[String]) -> Option<&str> {
        let mut path = self.whole(here, path)?;
        loop {
            let depth = (1..=path.len()).rev().find(|depth| self.0.contains_key(&path[..*depth]))?;
            let (module, rest) = path.split_at(depth);
            let found = &self.0[module];
            match rest.split_first().and_then(|(name, rest)| Some((found.hands_on.get(name)?, rest))) {
                Some((handed, rest)) => path = [self.whole(module, handed)?, rest.to_vec()].concat(),
                None => return Some(&found.file),
            }
        }
    }

    fn whole(&self, here: &[String], path: &[String]) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        let base = match first.as_str() {
            "crate" => &here[..1],
            "self" => here,
            "super" => return self.whole(&here[..here.len() - 1], &[&["self".to_owned()], rest].concat()),
            name if CRATES.iter().any(|(known, _)| *known == name) => return Some(path.to_vec()),
            _ if self.0.contains_key(&[here, &path[..1]].concat()) => {
                return Some([here, path].concat());
            }
            _ => return None,
        };
        match rest.first().map(String::as_str) {
            Some("super") => self.whole(base, rest),
            _ => Some([base, rest].concat()),
        }
    }
}

/// From each file to those that it takes names from.
pub type Arrows = BTreeMap<String, BTreeSet<String>>;

pub fn arrows() -> Arrows {
    let house = House::read();
    let from = |(here, named): (&Names, &Named)| {
        let files = named.paths.iter().filter_map(|path| house.file(here, path));
        let others = files.filter(|file| *file != named.file).map(str::to_owned).collect();
        (named.file.clone(), others)
    };
    house.0.iter().map(from).collect()
}

/// The arrows that lead around: what is left when every file is taken away that has none coming or none going.
pub fn circles(mut arrows: Arrows) -> Arrows {
    loop {
        let before: usize = arrows.values().map(BTreeSet::len).sum();
        let named: BTreeSet<String> = arrows.values().flatten().cloned().collect();
        arrows.retain(|file, others| named.contains(file) && !others.is_empty());
        let left: BTreeSet<String> = arrows.keys().cloned().collect();
        arrows.values_mut().for_each(|others| others.retain(|file| left.contains(file)));
        if arrows.values().map(BTreeSet::len).sum::<usize>() == before {
            return arrows;
        }
    }
}
