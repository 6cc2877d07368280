//! `/etc/passwd` and `/etc/group`, from the recipe's users and groups.

use super::{Node, RootfsError, Tree};
use crate::recipe::{Group, User};

/// Nobody logs in where there is no shell.
const SHELL: &str = "/sbin/nologin";

pub(super) fn add(tree: &mut Tree, users: &[User], groups: &[Group]) -> Result<(), RootfsError> {
    let passwd: String = users
        .iter()
        .map(|User { name, uid, gid, home }| format!("{name}:x:{uid}:{gid}:{name}:{home}:{SHELL}\n"))
        .collect();
    let group: String = groups.iter().map(|Group { name, gid }| format!("{name}:x:{gid}:\n")).collect();
    tree.put("etc/passwd", Node::file(passwd, 0o644))?;
    tree.put("etc/group", Node::file(group, 0o644))
}
