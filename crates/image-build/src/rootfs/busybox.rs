//! Busybox and a link for each of its commands.

use super::packaged::Files;
use super::{Kind, Node, RootfsError, Tree};

const PACKAGED: &str = "usr/bin/busybox";
/// How the list of commands starts: each name ends with a zero byte, an empty one ends the list.
const FIRST: &[u8] = b"[\0[[\0";

pub(super) fn tree(packages: &[Files], folder: &str) -> Result<Tree, RootfsError> {
    let packaged = packages.iter().find_map(|package| package.tree.get(PACKAGED));
    let Some(Node { kind: Kind::File(program), .. }) = packaged else { return Err(RootfsError::NoBusybox) };
    let commands = commands(program);
    if !commands.iter().any(|command| command == "sh") {
        return Err(RootfsError::NoBusybox);
    }
    let mut tree = Tree::default();
    tree.add(&format!("{folder}/busybox"), Node::file(program.clone(), 0o755))?;
    for command in commands.iter().filter(|command| *command != "busybox") {
        tree.add(&format!("{folder}/{command}"), Node::link("busybox"))?;
    }
    Ok(tree)
}

/// Read out of the program instead of asking it: it may be for another architecture.
fn commands(program: &[u8]) -> Vec<String> {
    let Some(start) = program.windows(FIRST.len()).position(|bytes| bytes == FIRST) else { return Vec::new() };
    program[start..]
        .split(|byte| *byte == 0)
        .take_while(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_out_of_the_program() {
        assert_eq!(commands(b"\x7fELF..usage [\0[[\0ash\0sh\0wget\0\0other\0"), ["[", "[[", "ash", "sh", "wget"]);
        assert_eq!(commands(b"\x7fELF"), [""; 0]);
    }
}
