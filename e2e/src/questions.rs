//! Every question that the server lists, asked; how long answers took, and what they said.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::mcp::Mcp;

#[derive(Debug)]
pub struct Answered {
    pub tools: usize,
    pub resources: usize,
    pub median: Duration,
    pub longest: Duration,
    /// By tool or address, as text.
    pub said: Vec<(String, String)>,
}

/// Every tool and resource that is listed, so many times each. A refusal is an answer too, silence is none.
pub async fn ask_everything(mcp: &Mcp, times: usize) -> Result<Answered> {
    let (tools, resources) = (mcp.tools().await?, mcp.resources().await?);
    ensure!(!tools.is_empty() && !resources.is_empty(), "{} tools, {} resources", tools.len(), resources.len());
    let (mut took, mut said) = (Vec::new(), Vec::new());
    for tool in &tools {
        for time in 0..times {
            let begun = Instant::now();
            let answer = mcp.call(tool, arguments(tool)).await?;
            took.push(begun.elapsed());
            if time == 0 {
                said.push((tool.clone(), answer.text));
            }
        }
    }
    for uri in &resources {
        for time in 0..times {
            let begun = Instant::now();
            let text = mcp.read(uri).await?;
            took.push(begun.elapsed());
            if time == 0 {
                said.push((uri.clone(), text));
            }
        }
    }
    took.sort_unstable();
    let median = took.get(took.len() / 2).copied().context("nothing was asked")?;
    let longest = took.last().copied().context("nothing was asked")?;
    Ok(Answered { tools: tools.len(), resources: resources.len(), median, longest, said })
}

/// What the tools that want arguments want.
fn arguments(tool: &str) -> Value {
    match tool {
        "inspect-object" => json!({"kind": "Node", "name": "worker-0"}),
        _ => json!({}),
    }
}
