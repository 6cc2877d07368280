//! Questions over MCP, as bytes, without sessions.

use std::io;

use scale::client::{Client, Reply};
use serde_json::{Value, json};

/// What is asked, and how it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    bytes: Vec<u8>,
}

impl Question {
    /// A tool of a server that speaks 2026-07-28.
    pub(crate) fn modern(tool: &str, arguments: &Value) -> Self {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
        let headers = format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: {tool}\r\n");
        Self { bytes: post(&headers, "tools/call", &params) }
    }

    /// Anything of a server that speaks an older version, without a session.
    pub(crate) fn legacy(method: &str, params: &Value) -> Self {
        Self { bytes: post("MCP-Protocol-Version: 2025-06-18\r\n", method, params) }
    }

    pub(crate) async fn ask(&self, client: &mut Client) -> io::Result<Reply> {
        client.send(&self.bytes).await
    }
}

/// The result in an answer, which may be an event of a stream.
pub(crate) fn result(reply: &Reply) -> Result<Value, String> {
    let body = String::from_utf8_lossy(&reply.body);
    let data = body.lines().filter_map(|line| line.strip_prefix("data:")).find(|data| data.contains("jsonrpc"));
    let message: Value = serde_json::from_str(data.unwrap_or(&body)).map_err(|error| format!("{error} in {body:?}"))?;
    match message.get("result") {
        Some(result) if result["isError"] != true => Ok(result.clone()),
        _ => Err(message.to_string()),
    }
}

/// What a model reads of it: the text of contents or messages.
pub(crate) fn text(result: &Value) -> String {
    let contents = result["content"].as_array().into_iter().flatten();
    let messages = result["messages"].as_array().into_iter().flatten().map(|message| &message["content"]);
    contents.chain(messages).filter_map(|content| content["text"].as_str()).collect()
}

fn post(headers: &str, method: &str, params: &Value) -> Vec<u8> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json, text/event-stream\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}
