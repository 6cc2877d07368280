//! The program itself: exit statuses, what goes to which stream, and how it stops.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-server"));
    command.env_clear().args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Starts a server on a free port and reads where it listens from its log.
fn listening(command: &mut Command) -> (Child, String) {
    let mut child = command.env("MCP_HTTP_PORT", "0").env("MCP_HTTP_HOST", "127.0.0.1").spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = lines.by_ref().find_map(|line| {
        let line: Value = serde_json::from_str(&line.unwrap()).expect("every log line is JSON");
        (line["message"] == "listening").then(|| line["address"].as_str().unwrap().to_owned())
    });
    // Nobody reads the log any more, and a full pipe must not stop the server
    std::thread::spawn(move || lines.count());
    (child, address.unwrap())
}

#[test]
fn wrong_values_are_refused_with_the_reason() {
    let output = run(program(&["--demo"]).env("MCP_HTTP_PORT", "eighty"));
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(
        stderr(&output).trim(),
        "error: MCP_HTTP_PORT (--http-port) has the value \"eighty\", which is not accepted: a port from 0 to 65535 is \
         accepted"
    );
    let output = run(program(&[]).env("MCP_DEMO", "maybe"));
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("true or false is accepted"));
    let output = run(program(&["--demo"]).env("MCP_ALLOWED_HOSTS", "http://x"));
    assert_eq!(output.status.code(), Some(64), "{}", stderr(&output));
    assert!(stderr(&output).contains("--allowed-hosts"));
    let output = run(&mut program(&["report", "--must-gather", ""]));
    assert_eq!(output.status.code(), Some(64));
    let said = "error: MUST_GATHER (--must-gather) has the value \"\", which is not accepted: give it a value, or leave it out";
    assert_eq!(stderr(&output).trim(), said);
}

#[test]
fn empty_variables_count_as_not_set() {
    let output = run(program(&["--version"]).env("MCP_HTTP_PORT", "").env("MCP_DEMO", "").env("LOG_LEVEL", ""));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("mcp-server "));
}

#[test]
fn a_source_has_to_be_named() {
    let output = run(&mut program(&[]));
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("--demo") && stderr(&output).contains("MUST_GATHER"));
}

#[test]
fn stops_on_signal_with_success() {
    for signal in ["TERM", "INT"] {
        let (mut child, address) = listening(&mut program(&["--demo"]));
        let url = format!("http://{address}/livez");
        assert_eq!(run(&mut program(&["healthcheck", &url])).status.code(), Some(0));
        let asked = Instant::now();
        Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        let gone = run(&mut program(&["healthcheck", &url]));
        assert_eq!(gone.status.code(), Some(1));
        assert!(stderr(&gone).starts_with("not ready: no server answers"));
    }
}

#[test]
fn an_address_in_use_is_named() {
    let (mut child, address) = listening(&mut program(&["--demo"]));
    let port = address.rsplit(':').next().unwrap();
    let output = run(program(&["--demo", "--http-host", "127.0.0.1", "--http-port", port]).env("LOG_LEVEL", "error"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&address) && stderr(&output).contains("MCP_HTTP_PORT"), "{}", stderr(&output));
}

#[test]
fn standard_output_carries_the_protocol_only() {
    let mut child = program(&["stdio", "--demo"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}
    }});
    writeln!(input, "{hello}").unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let answer: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
