//! Faults put into healthy clusters, one at a time and several at once: the true root is named first.

mod base;
mod controllers;
mod pods;
mod recipe;
mod replay;
mod run;
mod world;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use cluster_health::render::{self, ANSWER_BYTES};
use cluster_health::{Report, Severity};

use self::base::Base;
use self::recipe::Recipe;
use self::world::World;
use crate::clusters::scenario;

fn folder() -> PathBuf {
    scenario("faults")
}

/// The bases there are: a made-up cluster always, real archives where a checkout has them beside it.
fn bases() -> Vec<Base> {
    let mut bases = vec![Base::new("healthy", scenario("healthy"))];
    for (name, root) in crate::real_archives::unpacked() {
        bases.push(Base::new(name, root));
    }
    bases
}

/// All recipes, or those that `FAULT` names while one is being worked on; their reports are then shown.
fn names() -> Vec<String> {
    if let Some(one) = chosen() {
        return one.split(',').map(str::to_owned).collect();
    }
    every_recipe()
}

fn every_recipe() -> Vec<String> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = files.filter_map(|file| file.strip_suffix(".yaml").map(str::to_owned)).collect();
    names.retain(|name| !matches!(name.as_str(), "stage" | "combined" | "noise"));
    names.sort();
    names
}

fn chosen() -> Option<String> {
    std::env::var("FAULT").ok()
}

fn staged(base: &Base) -> World<'_> {
    let mut world = World::new(base);
    recipe::apply(&mut world, &recipe::read(&folder().join("stage.yaml"), base));
    controllers::settle(&mut world);
    world
}

fn report_of(stage: &World<'_>, recipes: &[&Recipe]) -> Report {
    world_of(stage, recipes).report()
}

fn world_of<'b>(stage: &World<'b>, recipes: &[&Recipe]) -> World<'b> {
    let mut world = stage.clone();
    for recipe in recipes {
        recipe::apply(&mut world, recipe);
    }
    controllers::settle(&mut world);
    world
}

fn is_named(object: &str, names: &[String]) -> bool {
    names.iter().any(|name| name.strip_suffix('*').map_or(name == object, |start| object.starts_with(start)))
}

/// What the server calls root causes, first to last.
fn roots(report: &Report) -> Vec<String> {
    let incidents = report.incidents.iter().filter(|incident| incident.severity > Severity::Info);
    incidents.map(|incident| incident.root.to_string()).collect()
}

/// Everything the first incident speaks of.
fn reached(report: &Report) -> Vec<String> {
    let members = report.incidents.first().into_iter().flat_map(|incident| &incident.members);
    let findings = members.map(|member| &report.findings[member.finding]);
    findings.flat_map(|finding| finding.affected.iter().chain([&finding.object])).map(ToString::to_string).collect()
}

/// At most one in `one_in` is wrong; none when somebody sets `STRICT` to see those that are.
fn assert_mostly(right: usize, wrong: &[String], one_in: usize) {
    let one_in = if std::env::var("STRICT").is_ok() { usize::MAX } else { one_in };
    assert!(
        wrong.len().saturating_mul(one_in) <= right + wrong.len(),
        "{right} right, wrong are\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_table_in_the_documents_names_every_recipe_and_no_fault_without() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/diagnosis.md")).unwrap();
    let table = page.split("<!-- faults -->").nth(1).unwrap().split("<!-- /faults -->").next().unwrap();
    let mut named = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with('|')).skip(2) {
        let recipes: Vec<_> = row.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(!recipes.is_empty(), "no recipe for {row}");
        named.extend(recipes);
    }
    let there: BTreeSet<String> = every_recipe().into_iter().collect();
    assert_eq!(named, there);
}

#[test]
fn the_stage_is_well() {
    for base in &bases() {
        let report = staged(base).report();
        assert_eq!(roots(&report), Vec::<String>::new(), "{}", base.name);
    }
}

#[test]
fn single_faults_are_named_first() {
    let (mut right, mut wrong) = (0, Vec::new());
    for base in &bases() {
        let stage = staged(base);
        for name in names() {
            let recipe = recipe::read(&folder().join(format!("{name}.yaml")), base);
            if !recipe.fits(base) {
                continue;
            }
            let world = world_of(&stage, &[&recipe]);
            let report = world.report();
            let roots = roots(&report);
            if chosen().is_some() {
                wrong.push(format!("=== {} / {name}\n{}", base.name, render::health(&report, ANSWER_BYTES)));
            }
            let missed: Vec<_> = recipe.affects.iter().filter(|object| !reached(&report).contains(object)).collect();
            if !roots.first().is_some_and(|first| is_named(first, &recipe.root)) {
                wrong.push(format!("{} / {name}: {} -> {roots:?}, not {:?}", base.name, recipe.says, recipe.root));
            } else if !recipe.signs.iter().all(|sign| world.signs(&report).contains(sign)) {
                wrong.push(format!("{} / {name}: {} -> its log is not read", base.name, recipe.says));
            } else if !missed.is_empty() {
                wrong.push(format!("{} / {name}: {} -> does not reach {missed:?}", base.name, recipe.says));
            } else {
                right += 1;
            }
        }
    }
    assert_mostly(right, &wrong, 20);
}

#[test]
fn faults_at_once_are_told_apart() {
    let (mut right, mut wrong) = (0, Vec::new());
    let cases = fs::read_to_string(folder().join("combined.yaml")).unwrap();
    let cases: Vec<Vec<String>> = serde_saphyr::from_str(&cases).unwrap();
    for base in &bases() {
        let stage = staged(base);
        let read = |name: &str| recipe::read(&folder().join(format!("{name}.yaml")), base);
        let noise = read("noise");
        assert_eq!(roots(&report_of(&stage, &[&noise])), Vec::<String>::new(), "noise on {}", base.name);
        for names in &cases {
            let faults: Vec<Recipe> = names.iter().map(|name| read(name)).collect();
            if !faults.iter().all(|fault| fault.fits(base)) {
                continue;
            }
            let all: Vec<&Recipe> = faults.iter().chain([&noise]).collect();
            let roots = roots(&report_of(&stage, &all));
            if are_told_apart(&roots, &faults) {
                right += 1;
            } else {
                let expected: Vec<_> = faults.iter().map(|fault| &fault.root).collect();
                wrong.push(format!("{} / {names:?}: {roots:?}, not {expected:?}", base.name));
            }
        }
    }
    assert_mostly(right, &wrong, 10);
}

/// Each fault has its root among the first, and nothing else is there.
fn are_told_apart(roots: &[String], faults: &[Recipe]) -> bool {
    let first = &roots[..roots.len().min(faults.len())];
    faults.iter().all(|fault| first.iter().any(|root| is_named(root, &fault.root)))
        && first.iter().all(|root| faults.iter().any(|fault| is_named(root, &fault.root)))
}
