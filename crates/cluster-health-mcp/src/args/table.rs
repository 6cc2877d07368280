//! The settings as a document, rendered from the parser's own definition.

use std::fmt::Write;

use clap::{Arg, Command, CommandFactory};

use super::Cli;

const INTRODUCTION: &str = "\
# Configuration

Every setting has one flag and one environment variable; the flag wins when both are given. A variable that is set to
nothing counts as not set. A value that is not accepted stops the program with exit status 64 and a message that names
the variable, the flag and what is accepted.

This file is generated from the program's own definition of its settings (`UPDATE_DOCS=1 cargo test`).
";

/// The whole of `docs/configuration.md`.
pub fn markdown() -> String {
    let command = Cli::command();
    let mut out = String::from(INTRODUCTION);
    out.push_str("\n## Settings\n\n| variable | flag | default | meaning |\n|---|---|---|---|\n");
    for arg in command.get_arguments().filter(|arg| arg.get_env().is_some()) {
        let variable = arg.get_env().map(|name| name.to_string_lossy()).unwrap_or_default();
        let _ = writeln!(out, "| `{variable}` | `{}` | {} | {} |", flag(arg), default(arg), meaning(arg));
    }
    for subcommand in command.get_subcommands() {
        options_of(subcommand, &mut out);
    }
    out
}

fn options_of(command: &Command, out: &mut String) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = write!(out, "\n## `mcp-server {}`\n\n{about}.\n", command.get_name());
    let own: Vec<&Arg> = command.get_arguments().filter(|arg| !arg.is_global_set()).collect();
    if own.is_empty() {
        return;
    }
    out.push_str("\n| option | default | meaning |\n|---|---|---|\n");
    for arg in own {
        let _ = writeln!(out, "| `{}` | {} | {} |", flag(arg), default(arg), meaning(arg));
    }
}

fn flag(arg: &Arg) -> String {
    let value = match arg.get_value_names() {
        Some([name, ..]) if arg.get_action().takes_values() => Some(name.to_string()),
        _ => None,
    };
    match (arg.get_long(), value) {
        (Some(long), Some(value)) => format!("--{long} {value}"),
        (Some(long), None) => format!("--{long}"),
        (None, value) => value.unwrap_or_default(),
    }
}

fn default(arg: &Arg) -> String {
    let values: Vec<String> =
        arg.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if arg.get_action().takes_values() { values.join(", ") } else { "off".to_owned() }
}

fn meaning(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = help.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let choices: Vec<String> = match arg.get_action().takes_values() {
        true => arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect(),
        false => Vec::new(),
    };
    if !choices.is_empty() {
        let _ = write!(text, " ({})", choices.join(", "));
    }
    text
}
