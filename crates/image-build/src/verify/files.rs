//! What lies in the image, whose it is, and who may change or run it.

use crate::expect::{Files, Present};
use crate::flat::Flat;
use crate::rootfs::{Kind, Node};

const EXECUTE: u32 = 0o111;
/// By the group or by all.
const WRITE: u32 = 0o022;
const SET_ID: u32 = 0o6000;
/// In a folder everybody writes in, only owners remove.
const STICKY: u32 = 0o1000;

pub(super) fn check(flat: &Flat, expected: &Files) -> Vec<String> {
    let everywhere = flat.iter().flat_map(|(path, node)| rights(path, node, &expected.executables));
    let absent = expected.absent.iter().filter(|path| reaches(flat, path)).map(|path| format!("{path} is there"));
    let present = expected.present.iter().flat_map(|wanted| present(flat, wanted));
    everywhere.chain(absent).chain(present).collect()
}

fn rights(path: &str, node: &Node, executables: &[String]) -> Vec<String> {
    let mut broken = Vec::new();
    let allowed = executables.iter().any(|allowed| allowed.trim_start_matches('/') == path);
    if let Kind::File(content) = &node.kind {
        if node.mode & EXECUTE != 0 && !allowed {
            broken.push(format!("/{path} is executable"));
        }
        if content.starts_with(b"\x7fELF") && !allowed {
            broken.push(format!("/{path} is a program"));
        }
        if node.mode & SET_ID != 0 {
            broken.push(format!("/{path} is setuid or setgid"));
        }
    }
    let shared = node.kind == Kind::Folder && node.mode & STICKY != 0;
    if !matches!(node.kind, Kind::Link(_)) && node.mode & WRITE != 0 && !shared {
        broken.push(format!("/{path} may be changed by others than its owner (mode {:o})", node.mode));
    }
    broken
}

/// Through links to folders, as a container would get there.
fn reaches(flat: &Flat, path: &str) -> bool {
    let (mut at, mut hops) = (path.trim_matches('/').to_owned(), 0);
    while hops < 8 {
        let link = at.match_indices('/').map(|(end, _)| end).chain([at.len()]).find_map(|end| {
            match flat.get(&at[..end]).map(|node| &node.kind) {
                Some(Kind::Link(target)) => Some((end, target.clone())),
                _ => None,
            }
        });
        let Some((end, target)) = link else { return flat.get(&at).is_some() };
        let folder = at[..end].rsplit_once('/').map_or("", |(folder, _)| folder);
        let start = if target.starts_with('/') { target } else { format!("{folder}/{target}") };
        at = format!("{start}{}", &at[end..]).trim_matches('/').to_owned();
        hops += 1;
    }
    false
}

fn present(flat: &Flat, wanted: &Present) -> Vec<String> {
    let Present { path, mode, uid, gid, link, contains } = wanted;
    let Some(node) = flat.get(path) else { return vec![format!("{path} is missing")] };
    let mut broken = Vec::new();
    if let Some(mode) = mode.as_ref().filter(|mode| u32::from_str_radix(mode, 8) != Ok(node.mode)) {
        broken.push(format!("{path} has the mode {:04o}, not {mode}", node.mode));
    }
    for (what, found, wanted) in [("user", node.uid, uid), ("group", node.gid, gid)] {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            broken.push(format!("{path} belongs to {what} {found}, not {wanted}"));
        }
    }
    if let Some(link) = link.as_ref().filter(|link| node.kind != Kind::Link((*link).clone())) {
        broken.push(format!("{path} is no link to {link}"));
    }
    if let Some(part) = contains {
        let holds = |content: &[u8]| content.windows(part.len()).any(|bytes| bytes == part.as_bytes());
        if !flat.content(path).is_some_and(holds) {
            broken.push(format!("{path} does not contain {part:?}"));
        }
    }
    broken
}
